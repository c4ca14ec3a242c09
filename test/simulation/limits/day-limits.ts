// Limits of a day in some of the worlds: of how many sales, and of what sum, small enough to be met
// within a seed. Says who has which; what they mean is the product's and the oracle's business.

import type { Seeded } from '../seeded.ts'
import { MERCHANTS, TERMINALS } from '../shop.ts'

/** At least one of both. */
export interface DayLimit {
  readonly count?: number | undefined
  readonly rial?: number | undefined
}

export interface Limited {
  readonly whose: 'terminal' | 'merchant'
  readonly key: number
}

export interface LimitSet {
  readonly of: Limited
  readonly limit: DayLimit | undefined
}

/** One world in three has limits. */
const SHARE = 1 / 3

export function drawLimits(random: Seeded): LimitSet[] {
  if (!random.chance(SHARE)) return []
  const sets: LimitSet[] = []
  const draw = (of: Limited, most: { count: number; rial: number }) => {
    if (!random.chance(0.4)) return
    const count = random.between(1, most.count)
    const rial = random.between(1, most.rial / 50_000) * 50_000
    const kind = random.pick(['count', 'rial', 'both'] as const)
    const limit = { ...(kind !== 'rial' && { count }), ...(kind !== 'count' && { rial }) }
    sets.push({ of, limit })
  }
  for (const { key } of TERMINALS) draw({ whose: 'terminal', key }, { count: 9, rial: 1_000_000 })
  for (const { key } of MERCHANTS) draw({ whose: 'merchant', key }, { count: 30, rial: 4_000_000 })
  return sets
}

/** Who it is on the wire: institution and MID, and the TID of a terminal. */
export function placeOf({ whose, key }: Limited): string {
  if (whose === 'merchant') {
    const merchant = MERCHANTS.find((one) => one.key === key)
    return `${merchant?.institution} ${merchant?.mid}`
  }
  const terminal = TERMINALS.find((one) => one.key === key)
  return `${terminal?.merchant.institution} ${terminal?.merchant.mid} ${terminal?.tid}`
}

const DAY_MS = 86_400_000
const TEHRAN_MS = 3.5 * 3_600_000

/** Until the next day begins in Tehran. */
export function untilMidnightMs(wallMs: number): number {
  return DAY_MS - ((wallMs + TEHRAN_MS) % DAY_MS)
}
