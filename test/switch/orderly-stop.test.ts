// The order of a stop: what is in flight ends first, and an answer that goes out while its
// connection closes is still noted.

import { expect, it } from 'vitest'
import { AnsweredNotes } from '../../switch/core/answered-notes.ts'
import { stopSelling } from '../../switch/orderly-stop.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import { FakeJournal } from './core/fake-journal.ts'

it('notes the answers that went out as connections closed, of doors and of gateways', async () => {
  const journal = new FakeJournal()
  const answered = new AnsweredNotes(journal, new VirtualTime())
  const course: string[] = []
  const does = (what: string) => async () => void course.push(what)
  const turns = { size: 0 }
  for (const sale of [1, 2, 3]) answered.begin(sale)
  answered.note(1, true)
  const closes = (sale: number) => async () => {
    course.push(`closed ${sale}`)
    await new Promise((resolve) => setImmediate(resolve))
    answered.note(sale, true)
  }
  await stopSelling(
    {
      drain: () => void course.push('drains'),
      book: { turns, answered, reversals: { stop: () => void course.push('reversals stop') } },
      seen: { flush: does('seen') },
      recording: undefined,
    },
    {
      doors: [{ listener: { stop: does('door stops'), closeAll: closes(2) } }],
      gateways: { stop: does('gateways stop'), closeAll: closes(3) },
    },
    0,
  )
  expect(journal.of('answered').flatMap(({ ids }) => ids)).toEqual([1, 2, 3])
  const stops = ['drains', 'door stops', 'gateways stop', 'reversals stop']
  expect(course).toEqual([...stops, 'closed 2', 'closed 3', 'seen'])
})
