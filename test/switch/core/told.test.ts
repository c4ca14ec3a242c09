// What is told once in an hour, each for itself, and never without bounds.

import { expect, it } from 'vitest'
import { Told } from '../../../switch/core/told.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'

const HOUR = 3_600_000

it('is news once in an hour, each for itself', () => {
  const time = new VirtualTime()
  const told = new Told(time)
  expect(['a', 'b', 'a'].map((key) => told.isNews(key))).toEqual([true, true, false])
  time.advance(HOUR - 1)
  expect(told.isNews('a')).toBe(false)
  time.advance(1)
  expect(told.isNews('a')).toBe(true)
})

it('is no news beyond a thousand at a time, until an hour has gone by', () => {
  const time = new VirtualTime()
  const told = new Told(time)
  const all = (from: string) => Array.from({ length: 1_000 }, (_, n) => told.isNews(from + n))
  expect(all('a')).not.toContain(false)
  expect(all('b')).not.toContain(true)
  time.advance(HOUR)
  expect(all('b')).not.toContain(false)
})
