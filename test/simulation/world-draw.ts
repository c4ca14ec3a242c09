// What kind of world a seed is: its day and hour, who has limits of a day, and whether our own
// terminals and the link to the card host have keys; how its card host has late approvals undone.

import type { LateApproval } from './config.ts'
import type { KeyedParts } from './keys/switch-keys.ts'
import { drawLimits, type LimitSet, untilMidnightMs } from './limits/day-limits.ts'
import type { Seeded } from './seeded.ts'

export interface WorldDraw {
  readonly startMs: number
  readonly limits: readonly LimitSet[]
  readonly keyed: KeyedParts
}

const KEYED_SHARE = 1 / 4
const HOST_KEYED_SHARE = 1 / 5

/** One seed in three has two, unless the link has keys. */
export function hostCountOf(seed: number, keyed: KeyedParts): number {
  return seed % 3 === 0 && !keyed.host ? 2 : 1
}

/** By the seed itself: nothing else that is drawn depends on it. */
export function lateApprovalOf(seed: number): LateApproval {
  return seed % 4 === 3 ? 'fresh' : 'repeat'
}

/** In one seed of seven there are soon more open ones than memory holds. */
export function reversalsInMemoryOf(seed: number): number {
  return seed % 7 === 2 ? 2 : 1_000
}

/** In Tehran; in UTC, which DE 7 has, it is three and a half hours later. */
const YEARS_END_MS = Date.UTC(2026, 11, 31, 20, 30)
const UTC_LATER_MS = 3.5 * 3_600_000

/** One seed in sixteen begins shortly before a year's end, half of them before that of UTC. */
function startOf(seed: number, drawnMs: number): number {
  if (seed % 16 !== 5) return drawnMs
  const laterMs = seed % 32 === 5 ? UTC_LATER_MS : 0
  return YEARS_END_MS + laterMs - (drawnMs % 2_400_000)
}

export function drawWorld(random: Seeded, seed: number): WorldDraw {
  const limits = drawLimits(random)
  const terminals = random.chance(KEYED_SHARE)
  const keyed = { terminals, host: random.chance(HOST_KEYED_SHARE) }
  const anyMs = Date.UTC(2026, 1, 1) + random.between(0, 270 * 86_400) * 1_000
  const drawnMs = startOf(seed, anyMs)
  // Where limits of a day are met, it often ends meanwhile.
  const isLate = limits.length > 0 && random.chance(0.6)
  if (!isLate) return { startMs: drawnMs, limits, keyed }
  const startMs = drawnMs + untilMidnightMs(drawnMs) - random.between(1, 240) * 1_000
  return { startMs, limits, keyed }
}
