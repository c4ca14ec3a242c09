// What a terminal must remember when the power goes: its STAN counter, the sale in doubt with its
// reversal, the confirmations it owes, its totals. Never track 2, a PIN block or a voucher PIN.
//
// Steps of an open sale:
//   sent      the 0200 may have left, no answer was used      -> after a restart: reversing
//   printing  approved, the receipt is on its way out         -> after a restart: inquiring
//   reversing 0400, then 0401, until 00, 21, 61 or 94
//   inquiring the sale stands (21, 61, or it was approved): fetch the vouchers, print, confirm
// It leaves the state as one change together with the confirmation that is then owed.

export interface OpenSale {
  readonly step: 'sent' | 'printing' | 'reversing' | 'inquiring'
  readonly processingCode: string
  readonly amountRial: number
  readonly stan: string
  /** DE 7, 12 and 13 of the sale; its repeats keep them. */
  readonly sentTime: string
  readonly time: string
  readonly date: string
  readonly wallMs: number
  readonly product: string
  readonly productName: string | null
  readonly count: number
  /** BIN and last 4 only. */
  readonly maskedCard: string
  readonly rrn: string | null
  /** A 0210 with 00 was seen, whatever came of it later. */
  readonly approved: boolean
  readonly printsBegun: number
  /** DE 7 of the 0400, kept by every 0401, and how often it was sent. */
  readonly reversal: { readonly sentTime: string; readonly sent: number } | null
  /** The answer that ended the reversal without reversing: the sale stands. */
  readonly refusedWith: '21' | '61' | null
}

export interface OwedConfirmation {
  readonly processingCode: string
  readonly amountRial: number
  readonly stan: string
  readonly time: string
  readonly date: string
  readonly rrn: string | null
  readonly sentTime: string
  readonly sent: number
}

/** What a reprint needs beside the vouchers, which it gets from the switch. */
export interface LastSale {
  readonly stan: string
  readonly time: string
  readonly date: string
  readonly wallMs: number
  readonly rrn: string | null
  readonly product: string
  readonly productName: string | null
  readonly count: number
  readonly amountRial: number
  readonly maskedCard: string
}

export interface Totals {
  readonly salesCount: number
  readonly salesRial: number
  readonly reversalsCount: number
  readonly reversalsRial: number
}

/** An end of day without an answer: it is repeated with every field kept. */
export interface OpenEndOfDay {
  readonly stan: string
  readonly sentTime: string
  readonly time: string
  readonly date: string
  readonly totals: Totals
}

export interface CatalogueProduct {
  readonly product: string
  readonly priceRial: number
  readonly name: string
}

export interface Catalogue {
  readonly version: string
  readonly products: readonly CatalogueProduct[]
}

/** Of the last logon. */
export interface StoredSession {
  /** DE 62: three TR-31 blocks under the terminal's master key. */
  readonly blocks: string
  /** DE 7. */
  readonly transmission: string
}

export interface TerminalState {
  readonly format: 1
  readonly terminalId: string
  readonly merchantId: string
  readonly nextStan: number
  readonly open: OpenSale | null
  readonly confirmations: readonly OwedConfirmation[]
  /** STAN of the last sale whose receipt came out (DE 60 tag 01). */
  readonly printedStan: string | null
  readonly lastSale: LastSale | null
  readonly totals: Totals
  readonly endOfDay: OpenEndOfDay | null
  /**
   * What the last end of day claimed that differed: these leave the totals when an administrator
   * has closed its period. Undefined in files of before, which did not keep it.
   */
  readonly differed?: Totals | null
  readonly catalogue: Catalogue | null
  /** Undefined: without keys, or not logged on yet. */
  readonly session?: StoredSession
}

export const NO_TOTALS: Totals = {
  salesCount: 0,
  salesRial: 0,
  reversalsCount: 0,
  reversalsRial: 0,
}

export function newState(terminalId: string, merchantId: string): TerminalState {
  return {
    format: 1,
    terminalId,
    merchantId,
    nextStan: 1,
    open: null,
    confirmations: [],
    printedStan: null,
    lastSale: null,
    totals: NO_TOTALS,
    endOfDay: null,
    differed: null,
    catalogue: null,
  }
}

export function addSale(totals: Totals, amountRial: number): Totals {
  return {
    ...totals,
    salesCount: totals.salesCount + 1,
    salesRial: totals.salesRial + amountRial,
  }
}

export function addReversal(totals: Totals, amountRial: number): Totals {
  return {
    ...totals,
    reversalsCount: totals.reversalsCount + 1,
    reversalsRial: totals.reversalsRial + amountRial,
  }
}

export function subtractTotals(totals: Totals, closed: Totals): Totals {
  return {
    salesCount: totals.salesCount - closed.salesCount,
    salesRial: totals.salesRial - closed.salesRial,
    reversalsCount: totals.reversalsCount - closed.reversalsCount,
    reversalsRial: totals.reversalsRial - closed.reversalsRial,
  }
}
