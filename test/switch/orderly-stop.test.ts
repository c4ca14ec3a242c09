// The order of a stop: what is in flight ends first, and an answer that goes out while its
// connection closes is still noted. What hangs does not keep the switch from stopping.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemTimers } from '../../protocol/link/timers.ts'
import { AnsweredNotes } from '../../switch/core/answered-notes.ts'
import { stopInOrder, stopSelling } from '../../switch/orderly-stop.ts'
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

describe('a stop while a sale is under way', () => {
  afterEach(() => vi.restoreAllMocks())

  const begin = (recorded?: () => Promise<void>) => {
    const time = new VirtualTime()
    vi.spyOn(systemTimers, 'monotonicMs').mockImplementation(() => time.monotonicMs())
    vi.spyOn(systemTimers, 'after').mockImplementation((ms, run) => time.after(ms, run))
    const course: string[] = []
    const does = (what: string) => async () => void course.push(what)
    const turns = { size: 1 }
    const book = {
      turns,
      answered: { flush: does('notes') },
      reversals: { stop: does('reversals') },
    }
    const ended = stopSelling(
      {
        drain: does('drain'),
        book,
        seen: { flush: does('seen') },
        recording: { stop: recorded ?? does('end') },
      },
      {
        doors: [{ listener: { stop: does('door'), closeAll: does('door closes') } }],
        gateways: { stop: does('gateways'), closeAll: does('gateways close') },
      },
      10_000,
    )
    return { time, turns, course, ended }
  }
  const TAKES_NOTHING_NEW = ['drain', 'door', 'gateways']
  const ENDS = ['reversals', 'notes', 'door closes', 'gateways close', 'notes', 'seen', 'end']

  it('goes on when the sale has ended, and ends its recording last', async () => {
    const { time, turns, course, ended } = begin()
    await time.run(9_000)
    expect(course).toEqual(TAKES_NOTHING_NEW)
    turns.size = 0
    await time.run(100)
    await ended
    expect(course).toEqual([...TAKES_NOTHING_NEW, ...ENDS])
  })

  it('does not wait for a recording whose disk does not answer', async () => {
    const { time, turns, ended } = begin(() => new Promise(() => undefined))
    let isOver = false
    void ended.then(() => {
      isOver = true
    })
    turns.size = 0
    await time.run(2_900)
    expect(isOver).toBe(false)
    await time.run(200)
    expect(isOver).toBe(true)
  })

  it('waits no longer than it is told to', async () => {
    const { time, course, ended } = begin()
    await time.run(9_900)
    expect(course).toEqual(TAKES_NOTHING_NEW)
    await time.run(200)
    await ended
    expect(course).toEqual([...TAKES_NOTHING_NEW, ...ENDS])
  })
})

it('stops selling and closes the store while the check of the store does not end', async () => {
  const course: string[] = []
  const does = (what: string) => async () => void course.push(what)
  await stopInOrder({
    sells: does('sells no more'),
    // A thread that is within a call of SQLite ends when the call does.
    stopChecking: () => {
      course.push('check is to end')
      return new Promise(() => undefined)
    },
    admin: { close: does('admin') },
    administration: {
      endReports: () => void course.push('reports'),
      stopImports: does('imports'),
      close: () => void course.push('administration'),
    },
    cardGateway: { stop: does('card hosts') },
    store: { close: does('store') },
  })
  const closes = ['admin', 'administration', 'card hosts', 'store']
  const ends = ['sells no more', 'check is to end', 'reports', 'imports']
  expect(course).toEqual([...ends, ...closes])
})

it('closes no store under the removal of an import that has not ended', async () => {
  const course: string[] = []
  const does = (what: string) => async () => void course.push(what)
  let removed = (): void => undefined
  const stopImports = () =>
    new Promise<void>((resolve) => {
      removed = () => {
        course.push('imports')
        resolve()
      }
    })
  const stopped = stopInOrder({
    ...{ sells: does('sells no more'), stopChecking: does('check') },
    admin: { close: does('admin') },
    administration: { endReports: () => undefined, stopImports, close: () => undefined },
    cardGateway: { stop: does('card hosts') },
    store: { close: does('store') },
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(course).toEqual(['sells no more', 'check'])
  removed()
  await stopped
  expect(course.slice(2)).toEqual(['imports', 'admin', 'card hosts', 'store'])
})
