// The ids of the sales of a moment: found among any number, with holes between them, and no more
// than may be read one by one.

import { expect, it } from 'vitest'
import { idsAbout } from '../../../voucher-store/reading/ids-about.ts'

/** Sale `id` was made at `id` milliseconds; every tenth id is no sale's. */
const createdFrom = (highest: number) => (id: number) => {
  const next = id % 10 === 0 ? id + 1 : id
  return next > highest ? undefined : next
}

it('are those from two seconds before it to three after, among as many as there are', () => {
  let asked = 0
  const highest = 5_000_001
  const range = idsAbout(1_000_005, highest, (id) => {
    asked++
    return createdFrom(highest)(id)
  })
  expect(range).toEqual({ first: 998_005, last: 1_003_004 })
  expect(asked).toBeLessThan(60)
})

it('are none where nothing was sold, or not then', () => {
  for (const [ms, highest] of [
    [1_000, 0],
    [-9_000, 100],
    [90_000, 100],
  ] as const) {
    const { first, last } = idsAbout(ms, highest, createdFrom(highest))
    expect(last).toBeLessThan(first)
  }
})

it('are twenty thousand where more began in those seconds', () => {
  const range = idsAbout(0, 100_000, () => 0)
  expect(range).toEqual({ first: 1, last: 20_000 })
})
