// 0500 / 0501 with DE 3 = 920000: the terminal's totals since its last closed end of day.
// [wire-protocol 3.3]

import { isReason } from '../../protocol/values/reason.ts'
import { endOfDay } from '../../switch/core/day-end-desk.ts'
import type { Gateway, Incoming } from '../gateway.ts'
import { plain, type Reply } from '../reply.ts'
import { formatTotals, identityOf, missing, totalsOf } from '../request-fields.ts'

const REQUIRED = [3, 7, 11, 12, 13, 24, 41, 42, 48]

export async function handleDayEnd(
  gateway: Gateway,
  incoming: Incoming,
): Promise<Reply | undefined> {
  const { message, terminal } = incoming
  const identity = identityOf(message, terminal)
  const claimed = totalsOf(message.get(48) ?? '')
  if (missing(message, REQUIRED) !== undefined || isReason(identity) || isReason(claimed)) {
    return plain('30')
  }
  const answer = await endOfDay(gateway.book, identity, claimed)
  if (answer === undefined) return undefined
  const { responseCode, totals } = answer
  if (responseCode !== '95' || totals === undefined) return plain(responseCode)
  return { responseCode, fields: { 48: formatTotals(totals) } }
}
