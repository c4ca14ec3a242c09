// What a 0210 may say. Each rule cites where it comes from; a reply that breaks one is a violation
// at once, with the identity's name and no secret. [wire-protocol 3.1, 3.7; nothing-lost]

import { PRODUCTS } from '../shop.ts'
import { tehran } from '../wire/calendar.ts'
import type { WireMessage } from '../wire/codec.ts'
import type { Asked, Court } from './court.ts'
import { settledBy } from './host-view.ts'
import { contentOf, type IdentitySeen, type SaleAnswerSeen, vouchersOf } from './identity.ts'

/** Answers of the switch's own; with them nothing was ever sent to the card host. */
const NOTHING_SENT = new Set(['05', '13', '14', '44', '91'])
/** Ten minutes, and what a slow disk may take to write the disclosure down. */
const DISCLOSED_MS = 660_000
/** Longer than any terminal waits for an answer. */
const PENDING_MS = 60_000

export function judgeSale(court: Court, asked: Asked, reply: WireMessage): void {
  const { identity } = asked
  identity.pending--
  const wrong = (why: string) => court.violation(`${identity.key}: ${why}`)
  const code = reply.fields[39] ?? ''
  const vouchers = vouchersOf(reply.fields[62])
  if (code !== '00' && vouchers.length > 0) wrong(`${code} carries vouchers`)
  if (code === '94') {
    const isOther = identity.firstContent !== contentOf(asked.message)
    const isForgotten = court.gaps.wasDated(identity)
    const { reversalAskedMs, forgotten } = identity
    // What it was told as sold the switch knows, and no later logon takes that away.
    const isKnown = identity.answer?.code === '00' && forgotten === undefined
    const isUnheardOf = identity.fromBeforeLogon && !isKnown
    if (reversalAskedMs === undefined && !isOther && !isForgotten && !isUnheardOf) {
      wrong('94 without a reason')
    }
    return
  }
  // A terminal reverses such a sale, and never repeats it. [wire-protocol 3.1]
  if (!identity.askedInTime && !['05', '91', '96'].includes(code)) {
    wrong(`${code} to a sale of before the terminal’s logon`)
  }
  if (code === '96') return judgeFault(court, asked, wrong)
  // Of a date on no calendar nothing is remembered: it can never be sold. [docs/protocol.md]
  const isNowhere = identity.key.endsWith('0229') && code === '05'
  if (identity.reversedMs !== undefined && !isNowhere) wrong(`${code} after an accepted reversal`)
  const content = contentOf(asked.message)
  if (identity.content === undefined) {
    identity.content = content
    identity.card = (asked.message.fields[35] ?? '').split('=')[0] ?? ''
  } else if (identity.content !== content) wrong(`${code} to other content`)
  judgeAnswer(court, identity, seenIn(reply, vouchers), wrong)
}

/** 96: our fault, so there must have been one. */
function judgeFault(court: Court, asked: Asked, wrong: (why: string) => void): void {
  const { identity } = asked
  const purchase = identity.rrn === undefined ? undefined : court.host.purchase(identity.rrn)
  // A repeat may be answered 96 because its disclosure did not fit; only a single one is clear.
  const isOurs = identity.asked === 1 && purchase !== undefined && purchase.sentMs >= asked.atMs
  if (isOurs && identity.answer === undefined) identity.doomedRrn = purchase.rrn
  const { troubles } = court
  // A fence keeps new sales out; of one that is known as sold only the note may not be written.
  const isKnown = identity.answer?.code === '00' && identity.pending === 0
  if (troubles.isFenced && isKnown && troubles.diskWasWell(asked.atMs - PENDING_MS)) {
    wrong('96 behind the fence to a sale that is known as sold')
  }
  if (troubles.ofStore(identity.firstAskedMs)) return
  // A hold that came between is no reason while there are others to sell.
  if (troubles.ofHold(identity.firstAskedMs) && isScarce(court, asked)) return
  wrong('96 while nothing was wrong')
}

/** Too few vouchers for this sale and all that others may have held, or nobody can tell. */
function isScarce(court: Court, { identity, message }: Asked): boolean {
  if (court.stock.changedMs >= identity.firstAskedMs) return true
  const [, , product = '', count = ''] = contentOf(message).split(' ')
  return court.stock.forSale(product) < Number(count) + takenUnseen(court, identity, product)
}

export function seenIn({ fields }: WireMessage, vouchers: readonly string[]): SaleAnswerSeen {
  return {
    code: fields[39] ?? '',
    rrn: fields[37] ?? '',
    authCode: fields[38] ?? '',
    amount: fields[4] ?? '',
    vouchers,
  }
}

/** The first answer of an identity, or the same again. */
export function judgeAnswer(
  court: Court,
  identity: IdentitySeen,
  answer: SaleAnswerSeen,
  wrong: (why: string) => void,
): void {
  const first = identity.answer
  if (first === undefined) {
    judgeForgotten(court, identity, answer, wrong)
    identity.answer = answer
    identity.answeredMs = court.clock.monotonicMs()
    identity.rrn = answer.rrn
    judgeRrn(court, identity, answer, wrong)
    if (answer.code === '00') judgeSold(court, identity, answer, wrong)
    else judgeRefused(court, identity, answer, wrong)
  } else {
    const same =
      first.code === answer.code && first.rrn === answer.rrn && first.authCode === answer.authCode
    if (!same) wrong(`answered ${first.code} ${first.rrn}, then ${answer.code} ${answer.rrn}`)
  }
  if (answer.code === '00') judgeShown(court, identity, answer, wrong)
}

/**
 * The first answer since a restore, to an identity of before it: a new sale it can never be. What
 * the switch still knows it says again; what it does not know it refuses. [nothing-lost, rule 9]
 */
function judgeForgotten(
  court: Court,
  identity: IdentitySeen,
  { code, rrn }: SaleAnswerSeen,
  wrong: (why: string) => void,
): void {
  const { forgotten } = identity
  if (forgotten === undefined || forgotten.takenAnew) return
  if (court.gaps.takesAnew(identity)) return
  if (forgotten.known === 'never') wrong(`${code} to a sale that the restored switch cannot know`)
  const { answer } = forgotten
  if (answer !== undefined && (answer.code !== code || answer.rrn !== rrn)) {
    wrong(`answered ${answer.code} ${answer.rrn} before the restore, then ${code} ${rrn}`)
  }
}

function judgeRrn(
  court: Court,
  identity: IdentitySeen,
  { code, rrn }: SaleAnswerSeen,
  wrong: (why: string) => void,
): void {
  // A date that is on no calendar has no sale, and its refusal no number.
  if (code === '05' && rrn === '' && identity.key.endsWith('0229')) return
  const owner = court.owners.get(rrn)
  if (owner !== undefined && owner !== identity.key) wrong(`RRN ${rrn} is that of ${owner}`)
  court.owners.set(rrn, identity.key)
  if (!/^\d{12}$/.test(rrn)) wrong('the RRN is not 12 digits')
}

/** An approval needs one debit of that amount and card, approved in time, and not undone. */
function judgeSold(
  court: Court,
  identity: IdentitySeen,
  { rrn, authCode, amount }: SaleAnswerSeen,
  wrong: (why: string) => void,
): void {
  identity.soldMs = court.clock.monotonicMs()
  if (identity.doomedRrn === rrn) wrong('sold after it was answered 96')
  const price = priceOf(identity.content)
  if (price !== undefined && price !== Number(amount)) wrong(`sold for ${amount}`)
  const purchase = court.host.purchase(rrn)
  if (purchase === undefined) return wrong(`sold with RRN ${rrn}, which the host was never sent`)
  const settled = settledBy(purchase)
  if (settled?.code !== '00') wrong('sold without an approval in time')
  else if (settled.authCode !== authCode) wrong('DE 38 is not the host’s')
  if (purchase.amount !== amount) wrong(`sold for ${amount}, debited ${purchase.amount}`)
  if (purchase.tid !== identity.tid || purchase.mid !== identity.mid)
    wrong('the debit is another’s')
  if (identity.card !== '' && purchase.card !== identity.card) wrong('another card was debited')
  // Another life may have reversed what this copy knows as sold: reconciliation tells.
  const isLost = purchase.reversedMs.some((atMs) => court.gaps.lost(atMs))
  if (purchase.reversalsSent > 0 && identity.reversalAskedMs === undefined && !isLost) {
    wrong('sold after its debit was reversed')
  }
  court.limits.sold(court, identity, wrong)
}

function judgeRefused(
  court: Court,
  identity: IdentitySeen,
  { code, rrn }: SaleAnswerSeen,
  wrong: (why: string) => void,
): void {
  const purchase = court.host.purchase(rrn)
  if (NOTHING_SENT.has(code)) {
    if (purchase !== undefined) wrong(`${code}, but the host was sent a 0200`)
    return judgeReason(court, identity, code, wrong)
  }
  // An inquiry tells of it later, when its reasons are gone.
  const isLimit = code === '61' && purchase === undefined
  if (isLimit && identity.content === undefined) return
  if (isLimit) return court.limits.refused(court, identity, wrong)
  if (purchase === undefined) return wrong(`${code} without a debit`)
  const settled = settledBy(purchase)
  if (code === '68') {
    if (settled !== undefined && !court.troubles.ofHost(purchase.sentMs)) {
      wrong(`68 although the host had answered ${settled.code} in time`)
    }
  } else if (settled?.code !== code) wrong(`${code} is not the host’s answer`)
}

/** Undefined where the content is not known, or names no product of ours. */
function priceOf(content: string | undefined): number | undefined {
  const [, , product, count] = content?.split(' ') ?? []
  const known = PRODUCTS.find(({ id }) => id === product)
  return known === undefined ? undefined : known.priceRial * Number(count)
}

/** 05, 13, 14, 44 and 91 need their reasons. */
function judgeReason(
  court: Court,
  identity: IdentitySeen,
  code: string,
  wrong: (why: string) => void,
): void {
  // An inquiry tells of it later, when its reasons are gone.
  if (identity.content === undefined) return
  const [, amount = '', product = '', count = '', card = ''] = identity.content.split(' ')
  switch (code) {
    case '13':
      if (Number(amount) === priceOf(identity.content)) wrong('13 to the right amount')
      return
    case '44': {
      const most = Number(count) + takenUnseen(court, identity, product)
      // What came in since may have come too late for it.
      if (court.stock.changedMs >= identity.firstAskedMs) return
      if (court.stock.forSale(product) >= most) wrong('44 while there are vouchers')
      return
    }
    case '14':
      if (card !== '6037990000000015') wrong('14 to a good card')
      return
    case '91':
      if (!court.troubles.ofHost(identity.firstAskedMs)) wrong('91 while the host was there')
  }
}

/** Vouchers that other sales may have held when this one was refused. */
function takenUnseen(court: Court, but: IdentitySeen, product: string): number {
  let count = 0
  for (const seen of court.identities.values()) {
    if (seen === but) continue
    // What a lost life held is fenced, or was never taken; it may be asked for anew.
    const { known, restoredMs = 0 } = seen.forgotten ?? {}
    const isOver = known === 'never' && restoredMs <= but.firstAskedMs
    if (isOver && court.gaps.dated(seen)) continue
    const hadEnded = seen.answeredMs < but.firstAskedMs && seen.reversedMs === undefined
    if (hadEnded || (seen.answer?.vouchers.length ?? 0) > 0) continue
    const order = (seen.content ?? seen.firstContent ?? '').split(' ')
    if (order[2] === product) count += Number(order[3])
  }
  return count
}

/** What is disclosed: all of it or, ten minutes after the confirmation, nothing. */
function judgeShown(
  court: Court,
  identity: IdentitySeen,
  answer: SaleAnswerSeen,
  wrong: (why: string) => void,
): void {
  const order = identity.content?.split(' ')
  const { vouchers } = answer
  if (vouchers.length === 0) {
    const mayHide = identity.maybeConfirmed || identity.confirmationAskedMs !== undefined
    if (!mayHide) wrong('00 without its vouchers')
    return
  }
  const shownBefore = identity.answer?.vouchers ?? []
  if (shownBefore.length > 0 && shownBefore.join() !== vouchers.join()) wrong('other vouchers')
  else if (identity.answer !== undefined && shownBefore.length === 0) {
    identity.answer = { ...identity.answer, vouchers }
  }
  const sinceMs = court.clock.wallMs() - (identity.confirmedMs ?? Number.POSITIVE_INFINITY)
  if (sinceMs > DISCLOSED_MS && !court.troubles.ofClock()) {
    wrong('vouchers long after the confirmation')
  }
  const product = order?.[2] ?? vouchersProduct(court, answer)
  const count = order === undefined ? vouchers.length : Number(order[3])
  if (count !== vouchers.length) wrong(`${vouchers.length} of ${count} vouchers`)
  const day = tehran(court.clock.wallMs()).day
  const askedMs = identity.firstAskedMs
  for (const why of court.stock.shown(identity.key, vouchers, { product, day, askedMs })) wrong(why)
}

/** An inquiry may tell of a sale whose own answer was never sent: the host knows its product. */
function vouchersProduct(court: Court, { rrn }: SaleAnswerSeen): string {
  return court.host.purchase(rrn)?.product.slice(0, 6) ?? ''
}
