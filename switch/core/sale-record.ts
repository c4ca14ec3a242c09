// The sale as the core knows it: who asked (identity), for what (content), what became of it
// (state and stored answer). The journal keeps the same facts in its rows.

import type { ChipData, PinBlock, Track2 } from '../../protocol/values/card.ts'
import type {
  MerchantId,
  ProductId,
  Rrn,
  Stan,
  TerminalId,
} from '../../protocol/values/identifiers.ts'
import type { Key } from '../../protocol/values/key.ts'
import type { Day } from '../../protocol/values/moment.ts'
import type { Pan } from '../../protocol/values/pan.ts'
import type { Rial } from '../../protocol/values/rial.ts'
import type { VoucherPin } from '../../protocol/values/voucher-pin.ts'

/** A terminal that the gateway has verified. `key` stands for institution + MID + TID. */
export interface Terminal {
  readonly key: number
  readonly institution: number
  readonly tid: TerminalId
  readonly mid: MerchantId
  readonly merchantKey: number
  readonly merchantName: string
  /** DE 43 towards the card host: 40 characters of name and location. */
  readonly nameAndLocation: string
  readonly maySell: boolean
  /** Undefined: every product, and no limits of its own or its merchant's. */
  readonly terms?: Terms | undefined
}

/** Sales in a day, and their sum in rials; undefined is no limit. */
export interface DailyLimit {
  readonly count: number | undefined
  readonly rial: number | undefined
}

/** What a terminal may sell, and how much of it in a day. */
export interface Terms {
  readonly terminalLimit: DailyLimit | undefined
  readonly merchantLimit: DailyLimit | undefined
  /** Six digits each; undefined: all. */
  readonly products: ReadonlySet<string> | undefined
}

/** Identity of a sale, before its year is known. [wire-protocol 3.1] */
export interface Identity {
  readonly terminal: Terminal
  readonly stan: Stan
  /** DE 12, hhmmss. */
  readonly time: string
  /** DE 13, MMDD. */
  readonly date: string
}

/** What must be the same for a repeat to be the same sale. [wire-protocol 3.1] */
export interface Content {
  /** DE 3. */
  readonly processingCode: string
  readonly amount: Rial
  /** DE 48 as received. */
  readonly order: string
  /** Keyed hash of the card number, hex. */
  readonly cardHash: string
}

export interface SaleRequest {
  readonly identity: Identity
  readonly content: Content
  readonly product: ProductId
  readonly count: number
  /** Undefined when the card number is not valid: the sale ends with RC 14. */
  readonly card: RequestCard | undefined
  readonly entry: EntryFields
  readonly printerOut: boolean
  /** A 0201: its sale may have been begun, and is never refused for the load. */
  readonly isRepeat: boolean
  /** Sent before the terminal logged on: whoever does not know it takes it for reversed. */
  readonly isFromBeforeLogon: boolean
  /** Monotonic moment the frame was complete; the switch's total deadline counts from it. */
  readonly arrivedMs: number
}

/** The card of a request. All but the number live in memory only. [nothing-lost, rule 4] */
export interface RequestCard {
  readonly pan: Pan
  readonly track2: Track2 | undefined
  /** DE 14, YYMM. */
  readonly expiry: string | undefined
  readonly enteredPin: EnteredPin | undefined
  readonly chip: ChipData | undefined
}

/** The cardholder's PIN as it came, and the key that it came under. */
export interface EnteredPin {
  readonly block: PinBlock
  /** A PIN key, or the base key that gives one for the key serial number. */
  readonly key: Key
  /** Of a DUKPT terminal; undefined when `key` itself enciphers PINs. */
  readonly keySerialNumber: string | undefined
}

/** DE 22, 25 and 49 as received, passed on to the card host. */
export interface EntryFields {
  readonly entryMode: string | undefined
  readonly condition: string | undefined
  readonly currency: string | undefined
}

/**
 * States of a sale in the journal:
 *
 * ```
 * intent -> sold -> (refunding -> refunded)      refunded: an accepted reversal of a sold sale
 *        -> declined                             by the card host, or not sent (91)
 *        -> reversing -> reversed                silent, late, unreadable, partial, cancelled,
 * crashed refused                                        by the switch, before any debit
 * tombstone                                      a reversal came and no sale ever did
 * ```
 */
export type SaleState =
  | 'intent'
  | 'sold'
  | 'declined'
  | 'reversing'
  | 'reversed'
  | 'refunding'
  | 'refunded'
  | 'refused'
  | 'tombstone'

/** A sale as the journal gives it back. */
export interface StoredSale {
  readonly id: number
  readonly terminalKey: number
  readonly day: Day
  readonly time: string
  readonly stan: Stan
  readonly state: SaleState
  /** Undefined for a tombstone. */
  readonly content: Content | undefined
  /** The stored DE 39; empty while it is an intent. */
  readonly responseCode: string
  readonly rrn: Rrn | undefined
  readonly authCode: string | undefined
  readonly voucherIds: readonly number[]
  /** An accepted reversal of the terminal: every later repeat is answered 94. */
  readonly cancelled: boolean
  readonly createdMs: number
  readonly soldMs: number | undefined
  readonly confirmedMs: number | undefined
  /** The 0210 went out completely. */
  readonly answered: boolean
  readonly reprints: number
  readonly host: HostTrace | undefined
}

/** How the card host was asked: what a reversal's DE 90 and a late answer are matched by. */
export interface HostTrace {
  /** Name of the card host in the configuration. */
  readonly link: string
  /** DE 11 and DE 7 of the 0200. */
  readonly stan: Stan
  readonly transmission: string
  /** Its DE 32, which its reversal must name too. Undefined: from before it was kept. */
  readonly acquirerId?: string | undefined
}

/** A voucher with its PIN opened, as it goes to the terminal. */
export interface OpenedVoucher {
  readonly id: number
  readonly serial: string
  readonly voucherPin: VoucherPin
}

/** What a 0210, or a 0110 of an inquiry, is made of. */
export interface SaleAnswer {
  readonly responseCode: string
  readonly rrn: Rrn | undefined
  readonly authCode: string | undefined
  readonly amount: Rial | undefined
  readonly vouchers: readonly OpenedVoucher[]
  /** When the sale began: given with its vouchers by a sale and its repeats. */
  readonly createdMs?: number
  /**
   * Whoever takes the answer tells once that its bytes went out, or could not. Undefined where
   * nothing depends on it.
   */
  readonly written?: ((complete: boolean) => void) | undefined
}
