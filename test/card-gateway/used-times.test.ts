// Which seconds were used: stretches that grow together, few of them, and what is free beside them.

import { expect, it } from 'vitest'
import { UsedTimes } from '../../card-gateway/used-times.ts'

const DAY = 86_400

function used(...seconds: number[]): UsedTimes {
  const times = new UsedTimes()
  for (const second of seconds) times.add({ from: second, to: second })
  return times
}

it('what lies within a day is one stretch, whichever came first', () => {
  const stretch = [{ from: 10, to: 10 + 2 * DAY }]
  expect(used(10, 10 + DAY, 10 + 2 * DAY).all).toEqual(stretch)
  expect(used(10 + 2 * DAY, 10, 10 + DAY).all).toEqual(stretch)
  expect(used(10, 11 + DAY).all).toHaveLength(2)
})

it('a second is free outside of what was used, and the first one after it else', () => {
  const times = used(10 * DAY, 10 * DAY + 100, 40 * DAY)
  expect(times.freeFrom(10 * DAY + 50)).toBe(10 * DAY + 101)
  expect(times.freeFrom(10 * DAY + 100)).toBe(10 * DAY + 101)
  expect(times.freeFrom(9 * DAY)).toBe(10 * DAY + 101)
  expect(times.freeFrom(9 * DAY - 1)).toBe(9 * DAY - 1)
  expect(times.freeFrom(20 * DAY)).toBe(20 * DAY)
  expect(times.freeFrom(40 * DAY)).toBe(40 * DAY + 1)
})

it('of many stretches the closest grow together: none is forgotten', () => {
  const seconds = Array.from({ length: 17 }, (_, n) => n * 10 * DAY).filter((_, n) => n !== 8)
  const times = used(...seconds, 75 * DAY, 400 * DAY)
  expect(times.all).toHaveLength(16)
  for (const second of [...seconds, 75 * DAY, 400 * DAY]) {
    expect(times.freeFrom(second)).toBeGreaterThan(second)
  }
})
