// Everything has come to rest, and every terminal has asked what became of its sales: money,
// answers and stock must agree to the last rial and voucher. [nothing-lost, I7 to I9, T11]

import type { Ledger, LedgerDebit } from '../host-ledger.ts'
import type { Books } from '../restore/books.ts'
import type { SimVoucher } from '../shop.ts'
import type { Court } from './court.ts'
import type { IdentitySeen } from './identity.ts'

export function judgeRest(court: Court, ledger: Ledger): void {
  const net = new Map<string, LedgerDebit>()
  for (const debit of ledger.values()) if (!debit.reversed) net.set(debit.rrn, debit)
  for (const { rrn, amount } of net.values()) {
    if (isLostDebit(court, rrn)) continue
    const owner = court.identities.get(court.owners.get(rrn) ?? '')
    if (owner === undefined) court.violation(`RRN ${rrn}: ${amount} debited, and nobody knows why`)
    else if (!isSold(owner)) court.violation(`${owner.key}: ${amount} debited without a voucher`)
  }
  for (const identity of court.identities.values()) {
    if (!isSold(identity)) continue
    const { rrn = '', amount = '' } = identity.answer ?? {}
    const debit = net.get(rrn)
    if (debit === undefined) {
      if (!isLostReversal(court, rrn))
        court.violation(`${identity.key}: a voucher without its debit`)
    } else if (debit.amount !== Number(amount)) {
      court.violation(`${identity.key}: sold for ${amount}, debited ${debit.amount}`)
    }
  }
  judgeReversals(court)
}

/** Asked of the host in a gap, by a sale that the switch does not know any more. */
function isLostDebit(court: Court, rrn: string): boolean {
  const purchase = court.host.purchase(rrn)
  if (purchase === undefined || !court.gaps.lost(purchase.sentMs)) return false
  const owner = court.identities.get(court.owners.get(rrn) ?? '')
  return owner === undefined || owner.answer?.rrn !== rrn
}

/** Reversed in a gap: the switch knows the sale and not its reversal. */
function isLostReversal(court: Court, rrn: string): boolean {
  const times = court.host.purchase(rrn)?.reversedMs ?? []
  return times.some((atMs) => court.gaps.lost(atMs))
}

/**
 * What the gaps of restores left open must be on the administrator's lists, and nothing else may
 * be: debits of sales that the switch forgot, sold sales of which it forgot the reversal, and the
 * reversals that it accepted without knowing the sale. [docs/restore.md]
 */
export function judgeBooks(court: Court, ledger: Ledger, { differences, claims }: Books): void {
  const expected = new Set<string>()
  const net = new Map<string, LedgerDebit>()
  for (const debit of ledger.values()) if (!debit.reversed) net.set(debit.rrn, debit)
  for (const { rrn } of net.values()) if (isLostDebit(court, rrn)) expected.add(rrn)
  for (const identity of court.identities.values()) {
    const { rrn = '' } = identity.answer ?? {}
    if (isSold(identity) && !net.has(rrn)) expected.add(rrn)
  }
  const listed = new Set(differences.map(({ rrn }) => rrn))
  for (const rrn of expected) {
    if (!listed.has(rrn)) court.violation(`RRN ${rrn}: reconciliation does not tell of it`)
  }
  for (const { kind, rrn } of differences) {
    if (!expected.has(rrn)) court.violation(`RRN ${rrn}: reconciliation says '${kind}'`)
  }
  judgeClaims(court, new Set(claims))
}

function judgeClaims(court: Court, claims: ReadonlySet<string>): void {
  for (const identity of court.identities.values()) {
    const { key, forgotten, reversedMs } = identity
    if (forgotten?.known !== 'never' || reversedMs === undefined) continue
    if (court.gaps.dated(identity) && !claims.has(key)) {
      court.violation(`${key}: its reversal was accepted in the gap, and no claim tells of it`)
    }
  }
  for (const key of claims) {
    const identity = court.identities.get(key)
    const wasAsked = identity?.reversalAskedMs !== undefined
    if (!wasAsked || !court.gaps.wasDated(identity)) {
      court.violation(`${key}: a claim in the gap without its reversal`)
    }
  }
}

function isSold(identity: IdentitySeen): boolean {
  return identity.answer?.code === '00' && identity.reversedMs === undefined
}

/** Whatever went out and was not sold has been reversed, and the host has said so. */
function judgeReversals(court: Court): void {
  for (const purchase of court.host.purchases()) {
    const owner = court.identities.get(court.owners.get(purchase.rrn) ?? '')
    if (owner !== undefined && isSold(owner)) continue
    if (isLostDebit(court, purchase.rrn)) continue
    const [first] = purchase.answers
    const isDeclined = owner?.answer?.code === first?.code && first !== undefined
    if (isDeclined && purchase.reversalsSent === 0) continue
    // A refusal of an earlier repeat may come after it; the ledger says what holds.
    if (purchase.reversalAnswers.includes('00')) continue
    // Not found, asked again, not found again: there never was a debit. What the host says to an
    // earlier repeat may come last.
    const unfound = purchase.reversalAnswers.filter((code) => code === '25').length
    if (unfound >= 2) continue
    if (isCancelledDecline(purchase.answers.map(({ code }) => code))) continue
    court.violation(`RRN ${purchase.rrn}: neither sold nor reversed`)
  }
}

/** A sale that its terminal reversed meanwhile and that the host declined: nothing to undo. */
function isCancelledDecline(codes: readonly string[]): boolean {
  return codes.length > 0 && codes.every((code) => /^(51|54|55|61|65|75)$/.test(code))
}

/** Vouchers of the sales that were reversed unseen, or held back, may stay hidden; no others. */
export function judgeStock(court: Court, mayBeHidden: (voucher: SimVoucher) => boolean): void {
  let unseen = 0
  for (const identity of court.identities.values()) {
    const { answer, reversedMs, heldBack } = identity
    if (!heldBack && reversedMs === undefined) continue
    if ((answer?.vouchers.length ?? 0) > 0) continue
    const [, , , count = '0'] = (identity.content ?? identity.firstContent ?? '').split(' ')
    unseen += Number(count)
  }
  const hidden = court.stock
    .hidden()
    .filter((voucher) => !mayBeHidden(voucher) && !court.stock.isFenced(voucher))
  if (hidden.length <= unseen) return
  const serials = hidden.map(({ serial }) => serial).join(' ')
  court.violation(`${hidden.length} vouchers are neither sold nor for sale: ${serials}`)
}

/** An end of day was asked for and nobody saw its answer: it may have closed a period. */
export function maybeClosed(
  court: Court,
  of: { institution: number; tid: string; mid: string },
): boolean {
  for (const { institution, tid, mid, dayEnd } of court.identities.values()) {
    if (institution !== of.institution || tid !== of.tid || mid !== of.mid) continue
    if (dayEnd === 'asked') return true
  }
  return false
}

/** Sold and not reversed since the last closed end of day of one terminal. */
export function netSales(
  court: Court,
  of: { institution: number; tid: string; mid: string },
): { count: number; amount: number } {
  const closed = court.closed.get(`${of.institution} ${of.mid} ${of.tid}`)
  let count = -(closed?.count ?? 0)
  let amount = -(closed?.amount ?? 0)
  for (const identity of court.identities.values()) {
    const { institution, tid, mid } = identity
    if (institution !== of.institution || tid !== of.tid || mid !== of.mid) continue
    if (!isSold(identity)) continue
    count++
    amount += Number(identity.answer?.amount)
  }
  return { count, amount }
}
