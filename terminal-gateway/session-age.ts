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
  const month = Number(transmission.slice(0, 2)) - 1
  const day = Number(transmission.slice(2, 4))
  const hour = Number(transmission.slice(4, 6))
  const minute = Number(transmission.slice(6, 8))
  const second = Number(transmission.slice(8, 10))
  const year = new Date(wallMs).getUTCFullYear()
  let nearest = wallMs + YEAR_MS
  for (let one = year - 1; one <= year + 1; one++) {
    const moment = Date.UTC(one, month, day, hour, minute, second)
    if (Math.abs(moment - wallMs) < Math.abs(nearest - wallMs)) nearest = moment
  }
  return nearest
}
