// What an answer of the card host says. Three values: approved, declined, unknown; unknown is never
// folded into one of the others. Only reads the message; deadlines are not its matter.
// [wire-protocol 4, 0210]

import type { Rejection } from '../protocol/message/decode.ts'
import type { FieldReader, Message } from '../protocol/message/message.ts'
import { formatRial, type Rial } from '../protocol/values/rial.ts'
import type { DebitResult, ReversalReply } from '../switch/core/card-host.ts'
import type { Approval } from '../switch/core/journal.ts'
import { type HostProfile, meaningOf } from './profile.ts'

/** Its MAC says nothing good of it: only what it may be an answer to can be read from it. */
export interface Unverified {
  readonly kind: 'unverified'
  readonly why: 'the answer has no right MAC' | 'the keys are away'
  readonly mti: string
  readonly read: FieldReader
}

/** A readable message, or one whose DE 7, 11 and 41 were read before the error. */
export type HostReply = Message | Rejection | Unverified

export function judgePurchase(profile: HostProfile, asked: Rial, reply: HostReply): DebitResult {
  // Like silence: nothing of it can be trusted.
  if (reply.kind === 'rejected') return unknown('the answer is unreadable', undefined)
  if (reply.kind === 'unverified') return unknown(reply.why, undefined)
  const responseCode = reply.get(39)
  const approval = approvalIn(profile, reply)
  switch (meaningOf(profile, responseCode)) {
    case 'declined':
      return { kind: 'declined', responseCode: responseCode ?? '' }
    case 'approved':
      if (reply.get(4) !== formatRial(asked))
        return unknown('approved for another amount', approval)
      return { kind: 'approved', approval: approval ?? approvalOf(reply) }
    case 'partial':
      return unknown('approved for a partial amount', approval)
    case 'open':
      return unknown(`answered ${responseCode ?? 'without a code'}`, undefined)
  }
}

/** DE 38 and 15 when the answer looks like a debit, of whatever amount. */
export function approvalIn(profile: HostProfile, reply: FieldReader): Approval | undefined {
  const meaning = meaningOf(profile, reply.get(39))
  return meaning === 'approved' || meaning === 'partial' ? approvalOf(reply) : undefined
}

/** A 0430 that cannot be read, or has no code, is no answer. */
export function judgeReversal(reply: HostReply): ReversalReply {
  const responseCode = reply.kind === 'message' ? reply.get(39) : undefined
  return responseCode === undefined ? { kind: 'silent' } : { kind: 'answered', responseCode }
}

export function unknown(why: string, approval: Approval | undefined): DebitResult {
  return { kind: 'unknown', why, approval }
}

/** An approval without DE 38 has an empty authorisation code. */
function approvalOf(reply: FieldReader): Approval {
  return { authCode: reply.get(38)?.trimEnd() ?? '', hostDate: reply.get(15) }
}
