// 0100 with DE 3 = 330000: what became of an earlier 0200. Changes nothing but the count of
// disclosures. [wire-protocol 3.2]

import { isReason } from '../../protocol/values/reason.ts'
import { formatRial } from '../../protocol/values/rial.ts'
import { inquire } from '../../switch/core/repeat.ts'
import type { Gateway, Incoming } from '../gateway.ts'
import { plain, type Reply } from '../reply.ts'
import { identityOf, missing, originalOf } from '../request-fields.ts'
import { saleReply } from './sale.ts'

const REQUIRED = [3, 7, 11, 12, 13, 24, 41, 42, 48]

export async function handleInquiry(
  gateway: Gateway,
  incoming: Incoming,
): Promise<Reply | undefined> {
  const { message, terminal, keys } = incoming
  const own = identityOf(message, terminal)
  const original = originalOf(message.get(48) ?? '', terminal)
  if (missing(message, REQUIRED) !== undefined || isReason(own) || isReason(original)) {
    return plain('30')
  }
  const answer = await inquire(gateway.book, original)
  if (answer === undefined) return undefined
  const reply = saleReply(answer, keys)
  if (answer.amount !== undefined) reply.fields.put(4, formatRial(answer.amount))
  return reply
}
