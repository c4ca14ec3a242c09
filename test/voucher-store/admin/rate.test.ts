// Rates as text and as basis points, there and back.
// Where a rate is used is tested with its users.

import { expect, it } from 'vitest'
import { basisPointsOf, rateText } from '../../../voucher-store/admin/rate.ts'

it.each([
  ['0', 0, '0.00'],
  ['0.015', 150, '0.015'],
  ['0.1', 1_000, '0.10'],
  ['0.0001', 1, '0.0001'],
  ['1', 10_000, '1.00'],
])('%s is %i basis points', (text, points, shown) => {
  expect(basisPointsOf(text)).toBe(points)
  expect(rateText(points)).toBe(shown)
  expect(basisPointsOf(shown)).toBe(points)
})

it.each(['', '2', '1.0001', '0.12345', '-0.1', '.5', '1,5', '0x1'])('%j is no rate', (text) => {
  expect(basisPointsOf(text)).toBeUndefined()
})
