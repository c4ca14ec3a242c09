// Whether a purchase debits and a reversal gives back: pure functions of the book, the accounts and
// the request. They change nothing; the verdict carries the ledger line that would, and the caller
// writes it before it answers. Faults come in only as a forced result.

import { maskPan } from '../protocol/values/pan.ts'
import type { Account, Accounts } from './accounts.ts'
import { type Book, keyText } from './book.ts'
import type { CardHash } from './card-hash.ts'
import type { LedgerEntry, LedgerKind } from './ledger.ts'
import type { PurchaseRequest, ReversalRequest } from './request.ts'

/** How this host differs from another. */
export interface HostRules {
  /** A reversal that came before its original makes the late original fail with 94. */
  readonly rememberReversals: boolean
  /** Dates in the past are declined with 54. */
  readonly checkExpiry: boolean
}

export interface Bank {
  readonly book: Book
  readonly accounts: Accounts
  readonly cardHash: CardHash
  readonly rules: HostRules
}

/** What a scripted fault makes of the result. */
export type Forced =
  | { readonly kind: 'decline'; readonly rc: string }
  | { readonly kind: 'partial'; readonly amountRial: number }

export interface Now {
  /** ISO time of the ledger line. */
  readonly at: string
  /** YYMM in Tehran. */
  readonly month: string
}

export interface Verdict {
  readonly rc: string
  /** DE 38 of an approval. */
  readonly de38: string | undefined
  /** DE 4 of the answer. */
  readonly amountRial: number
  /** Undefined when nothing changes: a repeat, or a duplicate with other content. */
  readonly entry: LedgerEntry | undefined
}

const DUPLICATE = '94'
const ORIGINAL_UNKNOWN = '25'
const WRONG_PINS_MOST = 3

export function authorisePurchase(
  bank: Bank,
  request: PurchaseRequest,
  now: Now,
  forced: Forced | undefined,
): Verdict {
  const known = bank.book.purchases.get(keyText(request.key))
  if (known !== undefined) return repeatedPurchase(bank, request, known.entry, known.reversed)
  const account = bank.accounts.find(request.cardNumber)
  const decline = declineOf(bank, request, now, account, forced)
  if (decline !== undefined) {
    const { rc } = decline
    const entry = line(bank, request, now, { kind: 'decline', ...decline })
    return { rc, de38: undefined, amountRial: request.amountRial, entry }
  }
  const asked = request.amountRial
  const amountRial = forced?.kind === 'partial' ? Math.min(forced.amountRial, asked) : asked
  const de38 = String(bank.book.nextApproval).padStart(6, '0')
  const code = forced?.kind === 'partial' ? '10' : '00'
  const askedRial = amountRial === asked ? undefined : asked
  const debit = { kind: 'debit', rc: code, amountRial, askedRial, de38 } as const
  return { rc: code, de38, amountRial, entry: line(bank, request, now, debit) }
}

/** The same result again; never an approval of a debit that no longer stands. */
function repeatedPurchase(
  bank: Bank,
  request: PurchaseRequest,
  first: LedgerEntry,
  reversed: boolean,
): Verdict {
  const same =
    (first.askedRial ?? first.amountRial) === request.amountRial &&
    first.cardHash === hashOf(bank, request.cardNumber)
  if (!same || reversed) {
    return { rc: DUPLICATE, de38: undefined, amountRial: request.amountRial, entry: undefined }
  }
  return { rc: first.rc, de38: first.de38, amountRial: first.amountRial, entry: undefined }
}

interface Decline {
  readonly rc: string
  /** A PIN that was entered and is another: the third one in a row blocks the card. */
  readonly wrongPin?: true
}

/** The first reason to decline, undefined when there is none. */
function declineOf(
  bank: Bank,
  request: PurchaseRequest,
  now: Now,
  account: Account | undefined,
  forced: Forced | undefined,
): Decline | undefined {
  const { book, rules } = bank
  if (rules.rememberReversals && book.reversedEarly.has(keyText(request.key))) {
    return { rc: DUPLICATE }
  }
  if (forced?.kind === 'decline') return { rc: forced.rc }
  if (account === undefined) return { rc: '14' }
  const rc = accountCode(rules, request, now, account)
  if (rc !== undefined) return { rc }
  const wrong = wrongPin(book, request, account)
  if (wrong !== undefined) return wrong
  if (request.amountRial === 0) return { rc: '13' }
  return request.amountRial > balanceRial(book, account) ? { rc: '51' } : undefined
}

/** What the account says of every purchase, whatever its PIN, amount and balance. */
function accountCode(
  rules: HostRules,
  request: PurchaseRequest,
  now: Now,
  account: Account,
): string | undefined {
  if (account.rc !== undefined) return account.rc
  if (rules.checkExpiry && expired(request.expiry ?? account.expiry, now.month)) return '54'
  if (account.expiry !== undefined && request.expiry !== undefined) {
    if (account.expiry !== request.expiry) return '54'
  }
  if (account.pinBlock === 'required' && !request.hasPinBlock) return '55'
  return account.pinBlock === 'wrong' && request.hasPinBlock ? '55' : undefined
}

/** [ISO 8583:1987 DE 39] 55 wrong PIN, 75 too many tries. */
function wrongPin(book: Book, request: PurchaseRequest, account: Account): Decline | undefined {
  if (account.cardPin === undefined) return undefined
  if ((book.wrongPins.get(account.cardHash) ?? 0) >= WRONG_PINS_MOST) return { rc: '75' }
  // A block that does not open tells nothing of who entered it, and is no try.
  if (request.cardPin === undefined) return { rc: '55' }
  const isRight = request.cardPin.reveal() === account.cardPin.reveal()
  return isRight ? undefined : { rc: '55', wrongPin: true }
}

export function balanceRial(book: Book, account: Account): number {
  return account.balanceRial - (book.spentRial.get(account.cardHash) ?? 0)
}

/** Idempotent: a second reversal of the same debit is answered 00 and gives nothing back. */
export function authoriseReversal(
  bank: Bank,
  request: ReversalRequest,
  now: Now,
  forced: Forced | undefined,
): Verdict {
  const key = keyText(request.original)
  const purchase = bank.book.purchases.get(key)
  const answer = (rc: string, kind: LedgerKind | undefined, amountRial?: number): Verdict => {
    const fact = kind && { kind, rc, ...(amountRial === undefined ? {} : { amountRial }) }
    const entry = fact && reversalLine(bank, request, now, fact)
    return { rc, de38: undefined, amountRial: request.amountRial, entry }
  }
  if (purchase?.reversed) return answer('00', undefined)
  if (forced?.kind === 'decline') return answer(forced.rc, 'reversal-refused')
  if (purchase === undefined) {
    const told = bank.book.reversedEarly.has(key)
    return answer(ORIGINAL_UNKNOWN, told ? undefined : 'reversal-unknown')
  }
  // A declined purchase debited nothing, so there is no debit to be found.
  if (purchase.entry.kind === 'decline') return answer(ORIGINAL_UNKNOWN, undefined)
  const { entry } = purchase
  if (entry.cardHash !== hashOf(bank, request.cardNumber)) return answer('14', 'reversal-refused')
  // The whole debit is undone, so DE 4 is what was asked for, also after a partial approval.
  const asked = entry.askedRial ?? entry.amountRial
  if (asked !== request.amountRial) return answer('13', 'reversal-refused')
  return answer('00', 'reversal', entry.amountRial)
}

function expired(expiry: string | undefined, month: string): boolean {
  return expiry !== undefined && /^\d{4}$/.test(expiry) && expiry < month
}

function hashOf(bank: Bank, cardNumber: string): string {
  return bank.accounts.find(cardNumber)?.cardHash ?? bank.cardHash(cardNumber)
}

type Fact = Pick<LedgerEntry, 'kind' | 'rc'> & Partial<LedgerEntry>

function line(
  bank: Bank,
  request: PurchaseRequest | ReversalRequest,
  now: Now,
  fact: Fact,
): LedgerEntry {
  const { key, mid, rrn, cardNumber, amountRial } = request
  const { kind, ...rest } = fact
  const card = maskPan(cardNumber)
  const cardHash = hashOf(bank, cardNumber)
  return { at: now.at, kind, ...key, mid, rrn, amountRial, card, cardHash, ...rest }
}

/** The acquirer of the line is that of DE 90, so that the fold finds the original. */
function reversalLine(bank: Bank, request: ReversalRequest, now: Now, fact: Fact): LedgerEntry {
  const { de7, stan, acquirer } = request.original
  const original = { originalDe7: de7, originalStan: stan, acquirer: acquirer.replace(/^0+/, '') }
  return line(bank, request, now, { ...fact, ...original, de90: request.de90 })
}
