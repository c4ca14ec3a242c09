// What a 0230, a 0410 or 0430, and a 0110 may say. [wire-protocol 3.2]

import { tehran } from '../wire/calendar.ts'
import type { WireMessage } from '../wire/codec.ts'
import type { Asked, Court } from './court.ts'
import { type IdentitySeen, vouchersOf } from './identity.ts'
import { judgeAnswer, seenIn } from './sale-rules.ts'

const REPRINTS_MOST = 3

export function judgeAdvice(court: Court, asked: Asked, reply: WireMessage): void {
  const { identity, message } = asked
  const name = `${identity.key}: ${reply.mti}`
  const wrong = (why: string) => court.violation(`${name} ${why}`)
  const code = reply.fields[39] ?? ''
  if (reply.fields[62] !== undefined) wrong('carries vouchers')
  if (code === '96') {
    if (!court.troubles.ofStore(asked.atMs)) wrong('96 while nothing was wrong')
    return
  }
  if (code === '94') {
    if (!differs(identity, message)) wrong('94 to the same DE 3 and 4')
    return
  }
  if (message.mti.startsWith('022')) judgeConfirmation(court, identity, code, wrong)
  else {
    const isKnown = identity.answer?.code === '00' && identity.reversedMs === undefined
    if (isKnown && code === '00' && differs(identity, message)) wrong('00 to another amount')
    judgeReversal(court, identity, code, wrong)
  }
}

function judgeConfirmation(
  court: Court,
  identity: IdentitySeen,
  code: string,
  wrong: (why: string) => void,
): void {
  switch (code) {
    case '00':
      if (identity.reversedMs !== undefined) wrong('00 after an accepted reversal')
      if (isUnknown(court, identity)) wrong('00 of a sale that the restored switch cannot know')
      identity.confirmedMs ??= court.clock.wallMs()
      return
    case '25':
      if (identity.answer?.code === '00' && identity.reversalAskedMs === undefined) {
        wrong('25 of a sold sale')
      }
      return
    default:
      wrong(`${code} is no answer to a confirmation`)
  }
}

function judgeReversal(
  court: Court,
  identity: IdentitySeen,
  code: string,
  wrong: (why: string) => void,
): void {
  switch (code) {
    case '00':
      // Accepted before, it stays accepted.
      if (identity.reversedMs === undefined && identity.confirmedMs !== undefined) {
        wrong('00 of a confirmed sale')
      }
      judgeLimit(court, identity, wrong)
      identity.reversedMs ??= court.clock.monotonicMs()
      identity.reversedDay ??= tehran(court.clock.wallMs()).day
      return
    case '21': {
      if (isUnknown(court, identity)) wrong('21 of a sale that the restored switch cannot know')
      const isConfirmed = identity.confirmationAskedMs !== undefined || identity.maybeConfirmed
      const isOld = court.clock.monotonicMs() - (identity.soldMs ?? 0) > DAY_MS
      const isReprinted = identity.reprints > 0 || identity.reprintAsked
      if (!isConfirmed && !isReprinted && !isOld && !court.troubles.ofClock()) {
        wrong('21 of an unconfirmed sale')
      }
      if (identity.reversedMs !== undefined) wrong('21 after an accepted reversal')
      return
    }
    case '61':
      if (identity.reversedMs !== undefined) wrong('61 after an accepted reversal')
      if (refunds(court, identity) < LIMIT) wrong('61 below the limit')
      return
    default:
      wrong(`${code} is no answer to a reversal`)
  }
}

/** First heard of in a gap: from then on the switch knows nothing but its date. */
function isUnknown(court: Court, identity: IdentitySeen): boolean {
  return identity.forgotten?.known === 'never' && court.gaps.dated(identity)
}

const DAY_MS = 86_400_000
/** As the configuration of the simulation has it, per terminal. */
const LIMIT = 2

/** Crashes lose which answers went out, and cut lines make it unknown: then more is allowed. */
function judgeLimit(court: Court, identity: IdentitySeen, wrong: (why: string) => void): void {
  if (identity.reversedMs !== undefined || identity.soldMs === undefined) return
  if (court.troubles.ofAnswers() || !wasAnsweredFirst(identity)) return
  const day = tehran(court.clock.wallMs()).day
  let count = 0
  for (const seen of court.identities.values()) {
    const { mid, tid, institution } = seen
    if (mid !== identity.mid || institution !== identity.institution) continue
    if (tid === identity.tid && wasAnsweredFirst(seen) && seen.reversedDay === day) count++
  }
  if (count >= LIMIT) wrong(`00 above the limit of ${LIMIT} a day`)
}

/** Its 0210 went out before the terminal asked to reverse it: only then does it count. */
function wasAnsweredFirst({ soldMs, reversalAskedMs }: IdentitySeen): boolean {
  return soldMs !== undefined && reversalAskedMs !== undefined && soldMs < reversalAskedMs
}

/** Accepted reversals of sales that the terminal or its merchant was answered 00. */
function refunds(court: Court, identity: IdentitySeen): number {
  let count = 0
  for (const seen of court.identities.values()) {
    if (seen.mid !== identity.mid || seen.institution !== identity.institution) continue
    const isReversed = seen.reversedMs !== undefined || seen.forgotten?.reversed === true
    const wasSold = seen.soldMs !== undefined || seen.forgotten?.answer?.code === '00'
    if (isReversed && wasSold) count++
  }
  return count
}

function differs(identity: IdentitySeen, message: WireMessage): boolean {
  const content = identity.content ?? identity.firstContent
  if (content === undefined) return false
  const [code, amount] = content.split(' ')
  return message.fields[3] !== code || message.fields[4] !== amount
}

export function judgeInquiry(court: Court, asked: Asked, reply: WireMessage): void {
  const { identity } = asked
  const wrong = (why: string) => court.violation(`${identity.key}: inquiry: ${why}`)
  const code = reply.fields[39] ?? ''
  switch (code) {
    case '09':
      if (identity.pending === 0 && !court.troubles.ofStore(asked.atMs)) wrong('09 of nothing')
      return
    case '25':
      if (identity.answer !== undefined && identity.answer.rrn !== '')
        wrong(`25 of a sale answered ${identity.answer.code}`)
      // A date on no calendar of these years: there is nothing to remember. [docs/protocol.md]
      if (identity.key.endsWith('0229')) return
      if (identity.reversedMs !== undefined) wrong('25 of a reversed sale')
      return
    case '94': {
      // What was refused then stays refused, also when half a year later its date means another.
      const isOfGap = identity.fromBeforeLogon || court.gaps.wasDated(identity)
      const isAsked = identity.reversalAskedMs !== undefined
      if (!isAsked && !isOfGap) wrong('94 of a sale that was not reversed')
      // Accepted before the backup, answered after it: the copy knows, and the terminal too. Or
      // its answer never went out, and the terminal took that to another reversal for it.
      const isKnown = identity.forgotten?.known === 'known' && identity.forgotten.reversed
      if (isKnown || (isAsked && !isOfGap)) identity.reversedMs ??= court.clock.monotonicMs()
      return
    }
    case '96':
      if (!court.troubles.ofStore(identity.firstAskedMs)) wrong('96 while nothing was wrong')
      return
  }
  if (identity.reversedMs !== undefined) wrong(`${code} after an accepted reversal`)
  judgeAnswer(court, identity, seenIn(reply, vouchersOf(reply.fields[62])), wrong)
}

/**
 * Of the terminal's newest sold sale, or of one that is sold and whose answer nobody has seen: a
 * reprint that is written counts, also when its line is cut before the answer goes out.
 */
export function noteReprintAsked(identities: Iterable<IdentitySeen>, by: IdentitySeen): void {
  let newest: IdentitySeen | undefined
  for (const seen of identities) {
    const { institution, mid, tid, soldMs } = seen
    if (institution !== by.institution || mid !== by.mid || tid !== by.tid) continue
    if (soldMs === undefined) seen.reprintAsked ||= seen.asked > 0 && seen.answer === undefined
    else if (newest?.soldMs === undefined || soldMs >= newest.soldMs) newest = seen
  }
  if (newest !== undefined) newest.reprintAsked = true
}

/** The terminal's last sold sale, unreversed, to the card that bought it, three times at most. */
export function judgeReprint(court: Court, asked: Asked, reply: WireMessage): void {
  const { message } = asked
  const wrong = (why: string) => court.violation(`reprint for ${asked.identity.tid}: ${why}`)
  const code = reply.fields[39] ?? ''
  const vouchers = vouchersOf(reply.fields[62])
  if (code !== '00') {
    if (vouchers.length > 0) wrong(`${code} carries vouchers`)
    if (code === '96' && !court.troubles.ofStore(asked.atMs)) wrong('96 while nothing was wrong')
    if (!['25', '57', '58', '96'].includes(code)) wrong(`${code} is no answer to a reprint`)
    return
  }
  const key = court.owners.get(reply.fields[37] ?? '')
  const owner = court.identities.get(key ?? '')
  if (owner === undefined) {
    // Its own answer was never sent; a later inquiry tells whose it is.
    return
  }
  if (owner.tid !== asked.identity.tid || owner.mid !== asked.identity.mid) wrong('another’s sale')
  if (owner.reversedMs !== undefined) wrong('a reversed sale')
  if (owner.card !== '' && owner.card !== (message.fields[35] ?? '').split('=')[0]) {
    wrong('to another card')
  }
  owner.reprints++
  if (owner.reprints > REPRINTS_MOST) wrong('more often than allowed')
  const shown = owner.answer?.vouchers ?? []
  if (shown.length > 0 && shown.join() !== vouchers.join()) wrong('other vouchers')
}
