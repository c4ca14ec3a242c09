// Waits are counted from when a sale was due, and what was never answered is not forgotten.

import { describe, expect, it } from 'vitest'
import { median, quantile, waitsOf } from '../../../bench/load/percentiles.ts'

describe('the waits of an open loop', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => n + 1)

  it('are told by their share', () => {
    const waits = waitsOf(hundred, [], 0)
    expect([waits.p50Ms, waits.p99Ms, waits.p999Ms, waits.mostMs]).toEqual([50, 99, 100, 100])
  })

  it('do not depend on the order of the answers', () => {
    expect(waitsOf([...hundred].reverse(), [], 0)).toEqual(waitsOf(hundred, [], 0))
  })

  it('grow by what was due before the end and has no answer', () => {
    // A second of stall: 100 sales were due in it, one every 10 ms, and none was answered.
    const due = Array.from({ length: 100 }, (_, n) => n * 10)
    const waits = waitsOf([1], due, 1_000)
    expect(waits.unanswered).toBe(100)
    expect(waits.count).toBe(101)
    expect(waits.p50Ms).toBe(500)
    expect(waits.mostMs).toBe(1_000)
  })

  it('of nothing are zero', () => {
    expect(waitsOf([], [], 5)).toMatchObject({ count: 0, p50Ms: 0, p999Ms: 0 })
  })
})

describe('a share of values', () => {
  it('is the least value that so many are not above', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2)
    expect(quantile([1, 2, 3, 4], 0.51)).toBe(3)
    expect(quantile([1, 2, 3, 4], 1)).toBe(4)
  })

  it('in the middle is the median, of an even number the mean of two', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([1, 2, 4, 100])).toBe(3)
    expect(median([])).toBe(0)
  })
})
