// Whether a message was sent before its terminal logged on: both times are the terminal's own, in
// DE 7, which has no year. [wire-protocol 3.1]

import type { FieldReader } from '../protocol/message/message.ts'
import type { SessionKeys } from './session-keys.ts'

const YEAR_MS = 366 * 24 * 3_600_000

export function isFromBeforeLogon(
  message: FieldReader,
  keys: SessionKeys | undefined,
  wallMs: number,
): boolean {
  const sent = message.get(7)
  if (keys?.transmission === undefined || sent === undefined) return false
  return momentOf(sent, wallMs) < momentOf(keys.transmission, wallMs)
}

/** MMDDhhmmss in UTC, in the year that brings it nearest to now. */
function momentOf(transmission: string, wallMs: number): number {
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) =>
    Number(transmission.slice(at, at + 2)),
  ) as [number, number, number, number, number]
  const year = new Date(wallMs).getUTCFullYear()
  const moments = [year - 1, year, year + 1].map((one) =>
    Date.UTC(one, month - 1, day, hour, minute, second),
  )
  return moments.reduce(
    (near, one) => (Math.abs(one - wallMs) < Math.abs(near - wallMs) ? one : near),
    wallMs + YEAR_MS,
  )
}
