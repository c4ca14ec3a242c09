// A token that goes away is missed before anybody needs a key of it, and its return is noticed.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Log } from '../../switch/log.ts'
import type { OpenToken } from '../../switch/token.ts'
import { tokenChanged, watchToken } from '../../switch/token-watch.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

function watched() {
  const check = vi.fn()
  const token = { check } as unknown as OpenToken['token']
  return { check, end: watchToken({ token, kekToken: undefined }) }
}

it('looks at the token every three seconds, and not at once', () => {
  const { check, end } = watched()
  vi.advanceTimersByTime(2_999)
  expect(check).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(check).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(9_000)
  expect(check).toHaveBeenCalledTimes(4)
  end()
})

it.each([
  ['before it has looked', 0, 0],
  ['after it has looked', 6_000, 2],
])('looks no more once it is ended %s, and keeps no timer', (_when, ms, looks) => {
  const { check, end } = watched()
  vi.advanceTimersByTime(ms)
  end()
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(60_000)
  expect(check).toHaveBeenCalledTimes(looks)
})

it('looks at nothing where there is no token', () => {
  const end = watchToken(undefined)
  expect(vi.getTimerCount()).toBe(0)
  end()
})

it('tells with an alarm that it is away, and without one that it is back', () => {
  const told: [level: string, facts: object, text: string][] = []
  const log = {
    info: (facts: object, text: string) => told.push(['info', facts, text]),
    error: (facts: object, text: string) => told.push(['error', facts, text]),
  } as unknown as Log
  const alarm = vi.fn()
  tokenChanged({ log, metrics: { alarm } }, 'CKR_DEVICE_REMOVED')
  const gone = 'the hardware security module is away'
  expect(told).toEqual([['error', { detail: 'CKR_DEVICE_REMOVED' }, gone]])
  expect(alarm.mock.calls).toEqual([[gone]])
  tokenChanged({ log, metrics: { alarm } }, undefined)
  expect(told.at(-1)).toEqual(['info', {}, 'the hardware security module is back'])
  expect(alarm).toHaveBeenCalledTimes(1)
})
