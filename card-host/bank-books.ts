// The bank behind the host: accounts, book and ledger kept in step. A verdict that changes anything
// is in the ledger when it is given out, so whoever holds it may answer. Knows no connections.

import type { Timers } from '../protocol/link/timers.ts'
import { tehranTime } from '../protocol/values/moment.ts'
import { openAccounts } from './accounts.ts'
import {
  authorisePurchase,
  authoriseReversal,
  type Bank,
  balanceRial,
  type Forced,
  type Now,
  type Verdict,
} from './authorise.ts'
import { applyEntry, emptyBook, netDebits } from './book.ts'
import { openCardHash } from './card-hash.ts'
import type { CardBalance, CardHostOptions } from './host-options.ts'
import { Ledger, type LedgerEntry } from './ledger.ts'
import type { PurchaseRequest, ReversalRequest } from './request.ts'

/** What a scripted fault makes of a result, and its name for the ledger. */
export interface Meddling {
  readonly forced: Forced | undefined
  readonly fault: string | undefined
}

export class BankBooks {
  readonly ledger: Ledger
  readonly #bank: Bank
  readonly #timers: Timers

  /** Reads the ledger back. */
  constructor(options: CardHostOptions, timers: Timers) {
    const cardHash = openCardHash(options.ledgerFile)
    const { rememberReversals = true, checkExpiry = true } = options
    this.#timers = timers
    this.#bank = {
      book: emptyBook(options.firstApproval ?? 1),
      accounts: openAccounts(options.accounts, cardHash, options.zoneKeyFile !== undefined),
      cardHash,
      rules: { rememberReversals, checkExpiry },
    }
    this.ledger = new Ledger(options.ledgerFile, options.fsync ?? false)
    for (const entry of this.ledger.entries()) applyEntry(this.#bank.book, entry)
  }

  decide(request: PurchaseRequest | ReversalRequest, meddling: Meddling): Verdict {
    const { forced, fault } = meddling
    const verdict =
      request.kind === 'purchase'
        ? authorisePurchase(this.#bank, request, this.#now(), forced)
        : authoriseReversal(this.#bank, request, this.#now(), forced)
    if (verdict.entry !== undefined) this.#record({ ...verdict.entry, fault })
    return verdict
  }

  balances(): CardBalance[] {
    const { book, accounts } = this.#bank
    return accounts.list().map((account) => {
      const { card, cardHash } = account
      return { card, cardHash, balanceRial: balanceRial(book, account) }
    })
  }

  balanceOf(cardNumber: string): number | undefined {
    const account = this.#bank.accounts.find(cardNumber)
    return account && balanceRial(this.#bank.book, account)
  }

  netDebits(): LedgerEntry[] {
    return netDebits(this.#bank.book)
  }

  close(): void {
    this.ledger.close()
  }

  /** The file first: what it does not hold must not be in the book either. */
  #record(entry: LedgerEntry): void {
    this.ledger.append(entry)
    applyEntry(this.#bank.book, entry)
  }

  #now(): Now {
    const wallMs = this.#timers.wallMs()
    const month = String(tehranTime(wallMs).day).slice(2, 6)
    return { at: new Date(wallMs).toISOString(), month }
  }
}
