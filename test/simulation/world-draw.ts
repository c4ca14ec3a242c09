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

/** By the seed itself: nothing else that is drawn depends on it. */
export function lateApprovalOf(seed: number): LateApproval {
  return seed % 4 === 3 ? 'fresh' : 'repeat'
}

export function drawWorld(random: Seeded): WorldDraw {
  const limits = drawLimits(random)
  const terminals = random.chance(KEYED_SHARE)
  const keyed = { terminals, host: random.chance(HOST_KEYED_SHARE) }
  const drawnMs = Date.UTC(2026, 1, 1) + random.between(0, 270 * 86_400) * 1_000
  // Where limits of a day are met, it often ends meanwhile.
  const isLate = limits.length > 0 && random.chance(0.6)
  if (!isLate) return { startMs: drawnMs, limits, keyed }
  const startMs = drawnMs + untilMidnightMs(drawnMs) - random.between(1, 240) * 1_000
  return { startMs, limits, keyed }
}
