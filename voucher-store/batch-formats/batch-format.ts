// What a batch file format is (one row of the table in formats.ts), what a reader of batches gives
// back, and what it needs from its caller. Nothing here reads a file; a batch with one problem is
// refused as a whole by the importer, so problems are collected and never thrown.

import type { ProductId } from '../../protocol/values/identifiers.ts'
import type { Day } from '../../protocol/values/moment.ts'
import type { VoucherPin } from '../../protocol/values/voucher-pin.ts'

export type MobileOperatorName = 'MCI' | 'Irancell' | 'RighTel' | 'Taliya'

/** What may be imported, given by the caller. */
export interface BatchCatalogue {
  /**
   * The product of a mobile operator (its name, or four digits such as 0919) at a price; `several`
   * when the price does not tell which.
   */
  product(mobileOperator: string, priceRial: number): ProductId | 'several' | undefined
  has(id: ProductId): boolean
}

export interface ParsedVoucher {
  readonly line: number
  readonly serial: string
  readonly voucherPin: VoucherPin
  readonly product: ProductId
  /** The last day on which the voucher may be redeemed. */
  readonly expires: Day
}

/** A reason to refuse the file. Neither text ever repeats a voucher PIN. */
export interface BatchProblem {
  readonly line: number
  readonly message: string
  readonly hint?: string
}

export interface BatchOptions {
  readonly catalogue: BatchCatalogue
  /** `--expires`, for the formats that carry no date of expiry. */
  readonly expires?: Day | undefined
  readonly today: Day
  /** Its vouchers are to be sold at once: they must work. */
  readonly release?: boolean
  readonly maxLineBytes: number
  readonly maxProblems: number
  readonly maxVouchers?: number | undefined
}

export type FormatName =
  | 'mci-old'
  | 'mci-new'
  | 'mci-10k'
  | 'irancell'
  | 'rightel'
  | 'aggregator'
  | 'generic'

export type BatchPart =
  | {
      readonly kind: 'header'
      readonly format: FormatName
      readonly title: string
      readonly declaredQuantity: number | undefined
      /** The mobile operator's own number of the batch, package or file. */
      readonly reference: string | undefined
      /** The one date of expiry of the file; undefined when each row has its own. */
      readonly expires: Day | undefined
      /** First day on which the vouchers work, where the file says so (MCI new: StartDate). */
      readonly validFrom: Day | undefined
    }
  | { readonly kind: 'vouchers'; readonly vouchers: ParsedVoucher[] }
  | { readonly kind: 'end'; readonly count: number; readonly problems: BatchProblem[] }

/** A value, row or header that is not what the format asks for. */
export interface Refusal {
  readonly kind: 'refused'
  readonly message: string
  readonly hint?: string
  /** Every further row would say the same: stop reading. */
  readonly final?: true
}

/** What the lines above the first row said. */
export interface BatchHeader {
  /** How many lines stand above the first row. */
  readonly lines: number
  readonly quantity?: { readonly count: number; readonly line: number }
  readonly startSerial?: { readonly serial: string; readonly line: number }
  readonly expiry?: { readonly day: Day; readonly line: number }
  readonly validFrom?: { readonly day: Day; readonly line: number }
  readonly reference?: string
  /** The one product of the file, where a file holds only one. */
  readonly product?: ProductId
}

export type HeaderResult =
  | { readonly kind: 'header'; readonly header: BatchHeader }
  | { readonly kind: 'problems'; readonly problems: BatchProblem[] }

/** What a row is read against. */
export interface RowContext {
  readonly catalogue: BatchCatalogue
  readonly reference: string | undefined
  readonly product: ProductId | undefined
  /** The date of the header or of `--expires`; 0 when each row carries its own. */
  readonly expires: Day
}

export interface BatchRow {
  readonly kind: 'row'
  readonly serial: string
  readonly pinDigits: string
  readonly product: ProductId
  readonly expires: Day
}

export interface BatchFormat {
  readonly name: FormatName
  readonly title: string
  /** Whether a file that begins with these (at most three) lines is of this format. */
  recognise(lines: readonly string[]): boolean
  readHeader(lines: readonly string[], catalogue: BatchCatalogue): HeaderResult
  /** Reads one line, which has no spaces at its ends and is neither empty nor the end mark. */
  readRow(line: string, context: RowContext): BatchRow | Refusal
  /** The line after the last row. */
  readonly end: BatchEnd | undefined
  /** A file may hold vouchers of several products. */
  readonly mixed: boolean
  /** The file carries no date of expiry: `--expires` must. */
  readonly needsExpiry: boolean
}

export interface BatchEnd {
  readonly text: string
  readonly required: boolean
  isEnd(line: string): boolean
}
