// A bug of our own on the way of a message: nothing is answered, and the error is thrown where
// nobody catches it, so that the process guard ends the process. None may be lost on the way.

import { afterEach, expect, it, vi } from 'vitest'
import type { Gateway } from '../../terminal-gateway/gateway.ts'
import { Story } from '../switch/core/story-world.ts'
import { FrontDesk } from './front-desk.ts'

afterEach(() => void vi.restoreAllMocks())

const BUG = new Error('a bug')

function broken(): never {
  throw BUG
}

/** What is thrown where nobody catches it, while the process under test goes on. */
function caught(): (() => void)[] {
  const thrown: (() => void)[] = []
  vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((run) => void thrown.push(run))
  return thrown
}

it.each<[string, Partial<Gateway>]>([
  ['before its sender is known', { directory: { find: broken } }],
  ['in its handler', { hashCard: broken }],
])('a bug %s ends the process, and the message has no answer', async (_where, bug) => {
  const desk = await FrontDesk.open({}, bug)
  const thrown = caught()
  expect(await desk.code('0200', desk.story.sale(1))).toBeUndefined()
  expect(thrown).toHaveLength(1)
  expect(() => thrown[0]?.()).toThrow(BUG)
  expect(desk.counted).toEqual(['messages: 0200'])
})

it('a bug while it confirms the sale before ends the process, too', async () => {
  const story = await Story.begin()
  const reader = new Proxy(story.book.reader, { get: broken })
  const desk = new FrontDesk(story, {}, { book: { ...story.book, reader } })
  const thrown = caught()
  await desk.code('0800', { ...story.sale(1), 3: '990000', 60: '0106000001' })
  expect(thrown).toHaveLength(1)
  expect(() => thrown[0]?.()).toThrow(BUG)
})
