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

it('keeps nothing new quiet, however much was told: the oldest is forgotten', () => {
  const told = new Told(new VirtualTime())
  for (let n = 0; n < 10_000; n++) expect(told.isNews(`a${n}`)).toBe(true)
  expect(told.isNews('the first refund')).toBe(true)
  expect(['a1', 'a9999', 'the first refund'].map((key) => told.isNews(key))).toEqual([
    ...[false, false, false],
  ])
  expect(told.isNews('a0')).toBe(true)
})
