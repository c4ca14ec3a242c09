// What the customer dials: the newest row that holds on the day, a product's own before its
// operator's, however old it is.

import { expect, it } from 'vitest'
import { redeemPatternFor } from '../../pos-terminal/redeem-patterns.ts'

const PATTERNS = [
  { prefix: '0919', pattern: 'old', validFrom: 20260101 },
  { prefix: '0919', pattern: 'new', validFrom: 20260601 },
  { prefix: '091905', pattern: 'own', validFrom: 20260201 },
  { prefix: '0919', pattern: 'next', validFrom: 20270101 },
]

it.each([
  ['091910', 20251231, undefined],
  ['091910', 20260101, 'old'],
  ['091910', 20260531, 'old'],
  ['091910', 20260601, 'new'],
  ['091905', 20260131, 'old'],
  ['091905', 20260701, 'own'],
  ['093505', 20260701, undefined],
])('for %s on %d it is %s, in whatever order the rows stand', (product, day, pattern) => {
  expect(redeemPatternFor(product, day, PATTERNS)).toBe(pattern)
  expect(redeemPatternFor(product, day, PATTERNS.toReversed())).toBe(pattern)
})
