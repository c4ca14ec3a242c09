// 0220 confirmation, 0400 and 0420 reversal, and their repeats. DE 24 is optional in them.
// [wire-protocol 3.2]

import { isReason } from '../../protocol/values/reason.ts'
import { confirm, reverse } from '../../switch/core/reversal-desk.ts'
import type { Gateway, Incoming } from '../gateway.ts'
import { plain, type Reply } from '../reply.ts'
import { amountOf, identityOf, missing } from '../request-fields.ts'

const REQUIRED = [3, 4, 7, 11, 12, 13, 41, 42]

export async function handleAdvice(
  gateway: Gateway,
  incoming: Incoming,
): Promise<Reply | undefined> {
  const { message, terminal } = incoming
  const identity = identityOf(message, terminal)
  const amount = amountOf(message)
  if (missing(message, REQUIRED) !== undefined || isReason(identity) || isReason(amount)) {
    return plain('30')
  }
  const request = { identity, processingCode: message.get(3) ?? '', amount }
  const isConfirmation = message.mti.startsWith('022')
  const answer = await (isConfirmation ? confirm : reverse)(gateway.book, request)
  if (answer === undefined) return undefined
  const { responseCode, rrn } = answer
  return { responseCode, fields: rrn === undefined ? {} : { 37: rrn } }
}
