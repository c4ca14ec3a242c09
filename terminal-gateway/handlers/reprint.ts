// 0100 with DE 3 = 390000: the terminal's last voucher sale again, to the same card.
// [wire-protocol 3.2]

import { isReason } from '../../protocol/values/reason.ts'
import { reprint } from '../../switch/core/reprint-desk.ts'
import type { Gateway, Incoming } from '../gateway.ts'
import { plain, type Reply } from '../reply.ts'
import { cardOf, identityOf, missing } from '../request-fields.ts'
import { saleReply } from './sale.ts'

const REQUIRED = [3, 7, 11, 12, 13, 24, 41, 42]

export async function handleReprint(
  gateway: Gateway,
  incoming: Incoming,
): Promise<Reply | undefined> {
  const { message, terminal, keys } = incoming
  const own = identityOf(message, terminal)
  const presented = cardOf(message)
  if (missing(message, REQUIRED) !== undefined || isReason(own) || isReason(presented)) {
    return plain('30')
  }
  const cardHash = gateway.hashCard(presented.digits)
  const answer = await reprint(gateway.book, { terminal, cardHash })
  if (answer === undefined) return undefined
  const reply = saleReply(answer, keys)
  if (answer.number !== undefined) reply.fields.put(48, String(answer.number).padStart(2, '0'))
  return reply
}
