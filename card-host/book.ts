// What the ledger's lines add up to: what each card has spent, which purchases are known and which
// of them were reversed. One fold serves a line just written and a line read back after a restart,
// so that both give the same balances. It decides nothing.

import type { LedgerEntry } from './ledger.ts'

interface Purchase {
  /** The debit or the decline. */
  readonly entry: LedgerEntry
  reversed: boolean
}

export interface Book {
  readonly purchases: Map<string, Purchase>
  /** Originals whose reversal came first. */
  readonly reversedEarly: Set<string>
  /** Debits less reversals by card hash. */
  readonly spentRial: Map<string, number>
  /** Wrong PINs since the last right one, by card hash. */
  readonly wrongPins: Map<string, number>
  /** The number of the next DE 38. */
  nextApproval: number
}

export interface PurchaseKey {
  readonly de7: string
  readonly stan: string
  readonly tid: string
  readonly acquirer: string
}

const APPROVAL_CODES = 1_000_000

export function emptyBook(firstApproval: number): Book {
  return {
    purchases: new Map(),
    reversedEarly: new Set(),
    spentRial: new Map(),
    wrongPins: new Map(),
    nextApproval: firstApproval % APPROVAL_CODES,
  }
}

/** DE 7 + 11 + 41 + 32. DE 90 pads the acquirer with zeros, so leading zeros do not count. */
export function keyText(key: PurchaseKey): string {
  return `${key.de7} ${key.stan} ${key.tid} ${key.acquirer.replace(/^0+/, '')}`
}

export function applyEntry(book: Book, entry: LedgerEntry): void {
  switch (entry.kind) {
    case 'debit':
      book.purchases.set(keyText(entry), { entry, reversed: false })
      spend(book, entry, entry.amountRial)
      book.wrongPins.delete(entry.cardHash)
      book.nextApproval = (Number(entry.de38 ?? book.nextApproval) + 1) % APPROVAL_CODES
      return
    case 'decline':
      book.purchases.set(keyText(entry), { entry, reversed: false })
      if (entry.wrongPin === true) {
        book.wrongPins.set(entry.cardHash, (book.wrongPins.get(entry.cardHash) ?? 0) + 1)
      }
      return
    case 'reversal': {
      const purchase = book.purchases.get(keyText(originalOf(entry)))
      if (purchase === undefined || purchase.reversed) return
      purchase.reversed = true
      spend(book, entry, -purchase.entry.amountRial)
      return
    }
    case 'reversal-unknown':
      book.reversedEarly.add(keyText(originalOf(entry)))
      return
    case 'reversal-refused':
      return
  }
}

/** Debits that were not reversed. */
export function netDebits(book: Book): LedgerEntry[] {
  const open: LedgerEntry[] = []
  for (const { entry, reversed } of book.purchases.values()) {
    if (entry.kind === 'debit' && !reversed) open.push(entry)
  }
  return open
}

function originalOf(entry: LedgerEntry): PurchaseKey {
  const { tid, acquirer, originalDe7, originalStan } = entry
  return { tid, acquirer, de7: originalDe7 ?? '', stan: originalStan ?? '' }
}

function spend(book: Book, entry: LedgerEntry, amountRial: number): void {
  const before = book.spentRial.get(entry.cardHash) ?? 0
  book.spentRial.set(entry.cardHash, before + amountRial)
}
