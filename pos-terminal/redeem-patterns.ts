// Dial strings by mobile operator, as parameters of this terminal program: the wire does not carry
// them. They change over time; a row holds from its day on. `--redeem` puts others in their place.

import type { Day } from '../protocol/values/moment.ts'

export interface RedeemPattern {
  /** Mobile operator n 4, or product n 6. */
  readonly prefix: string
  readonly pattern: string
  readonly validFrom: Day
}

export const REDEEM_PATTERNS: readonly RedeemPattern[] = [
  { prefix: '0919', pattern: '*140*#{pin}#', validFrom: 20260101 },
  { prefix: '0935', pattern: '*141*{pin}#', validFrom: 20260101 },
  { prefix: '0921', pattern: '*141*{pin}#', validFrom: 20260101 },
  { prefix: '0932', pattern: '*140*{pin}#', validFrom: 20260101 },
]

/** The newest row that holds on that day, a product's own before its operator's. */
export function redeemPatternFor(
  product: string,
  day: Day,
  patterns: readonly RedeemPattern[],
): string | undefined {
  let best: RedeemPattern | undefined
  for (const row of patterns) {
    if (!product.startsWith(row.prefix) || row.validFrom > day) continue
    const longer = row.prefix.length - (best?.prefix.length ?? 0)
    if (longer > 0 || (longer === 0 && row.validFrom >= (best?.validFrom ?? 0))) best = row
  }
  return best?.pattern
}
