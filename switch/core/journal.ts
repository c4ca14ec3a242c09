// The journal's port: durable records in, and the answer whether each was committed. The real one
// commits groups on a writer thread; a simulated one decides what a crash leaves behind.
//
// A record is the change itself in the words of this product, not SQL. Whatever an answer on the
// wire reveals has been handed to `write` before, and its result awaited. [nothing-lost, rule 1]

import type { MerchantId, Rrn, Stan, TerminalId } from '../../protocol/values/identifiers.ts'
import type { Day } from '../../protocol/values/moment.ts'
import type { Rial } from '../../protocol/values/rial.ts'
import type { UseReader } from './daily-use.ts'
import type { Content, HostTrace, StoredSale } from './sale-record.ts'

/** The identity with its year. */
export interface SaleKey {
  readonly terminalKey: number
  readonly day: Day
  readonly time: string
  readonly stan: Stan
}

/** C1. Also the row that every other record of the sale refers to by `id`. */
export interface IntentRecord {
  readonly kind: 'intent'
  readonly id: number
  readonly key: SaleKey
  readonly merchantKey: number
  readonly content: Content
  readonly product: string
  readonly count: number
  readonly voucherIds: readonly number[]
  readonly rrn: Rrn
  readonly host: HostTrace
  /**
   * The card number enciphered under the card-data key; kept for the reversal only. A character a
   * byte, which goes to another thread at less cost than bytes. Undefined when it was destroyed
   * since: the journal does not keep it.
   */
  readonly sealedCard: string | undefined
  readonly maskedCard: string
  readonly atMs: number
}

/** What a reversal towards the card host needs beside the sale itself: its own DE 7 and DE 11. */
export interface ReversalTrace {
  readonly stan: Stan
  readonly transmission: string
}

export type Outcome =
  | { readonly kind: 'sold'; readonly authCode: string; readonly hostDate: string | undefined }
  | { readonly kind: 'declined'; readonly responseCode: string }
  | {
      readonly kind: 'reversing'
      /** 68 silent or unreadable, 94 cancelled by the terminal, 96 our fault or recovered. */
      readonly responseCode: string
      readonly reversal: ReversalTrace
      /** DE 38 and 15 when an approval was seen, which is then to be undone. */
      readonly approval: Approval | undefined
    }

export interface Approval {
  readonly authCode: string
  readonly hostDate: string | undefined
}

/** C2. */
export interface OutcomeRecord {
  readonly kind: 'outcome'
  readonly id: number
  readonly outcome: Outcome
  /** The card host declined, and approved afterwards: `reversing`, and the answer stays. */
  readonly from?: 'declined' | undefined
  /** A damaged voucher keeps no debit from being undone: it stays as it is, others are moved. */
  readonly leavesStock?: true | undefined
  readonly atMs: number
}

/** The stored answer of a sale that the switch refused before any debit. */
export interface RefusalRecord {
  readonly kind: 'refusal'
  readonly id: number
  readonly key: SaleKey
  readonly merchantKey: number
  readonly content: Content
  readonly product: string
  readonly count: number
  readonly responseCode: string
  readonly rrn: Rrn
  readonly maskedCard: string
  readonly atMs: number
}

/** A terminal's reversal of something that is not sold: remembered, nothing else to undo. */
export interface CancelRecord {
  readonly kind: 'cancel'
  /** The sale it cancels; a new id when nothing of that identity was seen: a tombstone. */
  readonly id: number
  readonly key: SaleKey
  readonly merchantKey: number
  readonly isTombstone: boolean
  readonly atMs: number
}

/** C2' of a terminal's reversal of a sold sale: debit undone, vouchers to quarantine. */
export interface RefundRecord {
  readonly kind: 'refund'
  readonly id: number
  readonly terminalKey: number
  readonly merchantKey: number
  readonly amount: Rial
  readonly day: Day
  /** Whether it counts towards the daily limit. */
  readonly counted: boolean
  readonly reversal: ReversalTrace
  /** As of an outcome. */
  readonly leavesStock?: true | undefined
  readonly atMs: number
}

/** `revealed`: two officers have seen a PIN of it, and gave it to somebody. */
export type ClaimReason =
  | 'too late'
  | 'after a reprint'
  | 'daily limit'
  | 'in the gap'
  | 'revealed'
  | 'confirmed after its reversal'

/** A reversal that was not accepted, for the administrator. */
export interface ClaimRecord {
  readonly kind: 'claim'
  readonly id: number
  readonly reason: ClaimReason
  readonly atMs: number
}

export interface ConfirmRecord {
  readonly kind: 'confirm'
  readonly id: number
  readonly by: '0220' | 'tag 01'
  readonly atMs: number
}

/** A voucher PIN was given out again, by a repeat or an inquiry. */
export interface DisclosureRecord {
  readonly kind: 'disclosure'
  readonly id: number
  readonly by: 'repeat' | 'inquiry'
  readonly atMs: number
}

export interface ReprintRecord {
  readonly kind: 'reprint'
  readonly id: number
  readonly number: number
  readonly atMs: number
}

/** The 0210s of these sales went out completely. Written in arrears: nothing waits for it. */
export interface AnsweredRecord {
  readonly kind: 'answered'
  readonly ids: readonly number[]
  readonly atMs: number
}

/** C3 and what leads to it: the newest state of a reversal towards the card host. */
export interface ReversalRecord {
  readonly kind: 'reversal'
  readonly id: number
  readonly status: ReversalStatus
  readonly responseCode: string | undefined
  readonly tries: number
  /** Set when an approval turned up after the outcome was written. */
  readonly approval: Approval | undefined
  /** A fresh DE 7 and DE 11, when the profile has a late approval undone by a new 0420. */
  readonly fresh: ReversalTrace | undefined
  /** An end that knows of no approval: refused where one was seen meanwhile. */
  readonly unapproved?: boolean | undefined
  /** Left out by the queue. Given: refused when it has moved or an approval was seen meanwhile. */
  readonly from?: { readonly status: ReversalStatus; readonly approvalSeen: boolean }
  readonly why: string
  readonly atMs: number
}

/**
 * pending: sent until answered. unfound: RC 25 once, asked again after twice the host deadline.
 * no-debit: RC 25 twice without an approval. closed: RC 00. watched: RC 00 after a late approval,
 * listed until the host's ledger shows net zero. suspense: refused, an administrator's.
 */
export type ReversalStatus = 'pending' | 'unfound' | 'no-debit' | 'closed' | 'watched' | 'suspense'

export interface Totals {
  readonly salesCount: number
  readonly salesAmount: number
  readonly reversalsCount: number
  readonly reversalsAmount: number
}

export interface EndOfDayRecord {
  readonly kind: 'end-of-day'
  readonly id: number
  readonly key: SaleKey
  readonly merchantKey: number
  readonly claimed: Totals
  readonly atMs: number
}

/** A voucher that cannot be sold: its PIN does not open. */
export interface QuarantineRecord {
  readonly kind: 'quarantine'
  readonly voucherId: number
  readonly why: string
  readonly atMs: number
}

/** Numbers up to `high` belong to this process: after a crash counting goes on above it. */
export interface LeaseRecord {
  readonly kind: 'lease'
  readonly counter: string
  readonly high: number
  readonly atMs: number
}

export type JournalRecord =
  | IntentRecord
  | OutcomeRecord
  | RefusalRecord
  | CancelRecord
  | RefundRecord
  | ClaimRecord
  | ConfirmRecord
  | DisclosureRecord
  | ReprintRecord
  | AnsweredRecord
  | ReversalRecord
  | EndOfDayRecord
  | QuarantineRecord
  | LeaseRecord

export type WriteResult =
  /** Durable. `totals` is the switch's own figures, for an end of day only. */
  | {
      readonly kind: 'written'
      readonly totals?: Totals
      readonly agreed?: boolean
      readonly changes?: number
    }
  /**
   * Proven not to be in the journal, and the store goes on: full, or a guard refused the record.
   */
  | {
      readonly kind: 'rolled-back'
      readonly reason: 'full' | 'guard' | 'busy'
      readonly detail: string
    }

export interface Journal {
  /**
   * Resolves once the record's fate is known and never rejects. An ambiguous commit never
   * resolves: the process ends and recovery decides. [nothing-lost, rule 13]
   */
  write(record: JournalRecord): Promise<WriteResult>
}

export interface IdentityReader {
  /** Identities dated after that moment, at most `most` and in no particular order. */
  identitiesAfter(day: Day, time: string, most: number): SaleKey[]
  /** The first day of which there is an identity; undefined: there is none. */
  firstDay(): Day | undefined
}

/** Synchronous point reads of what is committed. */
export interface SaleReader extends UseReader, IdentityReader {
  find(key: SaleKey): StoredSale | undefined
  byId(id: number): StoredSale | undefined
  /**
   * The terminal's newest sold sales, newest first; ended ones included, for the caller to skip.
   */
  newestSold(terminalKey: number, most: number): StoredSale[]
  dayEnd(key: SaleKey): StoredDayEnd | undefined
  openReversal(id: number): OpenReversal | undefined
  /** Open reversals after `afterId`, oldest first; suspense ones included. */
  openReversals(afterId: number, most: number): OpenReversal[]
  /** The reversal, ended or not, of the 0200 with this DE 7, 11 and 41 at the card host. */
  reversalByHost(host: HostTrace, tid: TerminalId): OpenReversal | undefined
  /** The sale whose 0200 had that DE 7, 11 and 41: only what began about then is looked at. */
  sentAbout(sentMs: number, host: HostTrace, tid: TerminalId): StoredSale | undefined
  /** A claim of the sale was opened for that reason, closed or not. */
  hasClaim(id: number, reason: ClaimRecord['reason']): boolean
  /** Refunds counted towards the limits of a day. */
  refundTally(day: Day, by: { terminalKey: number } | { merchantKey: number }): RefundTally
}

export interface StoredDayEnd {
  readonly claimed: Totals
  readonly actual: Totals
  readonly agreed: boolean
}

export interface RefundTally {
  readonly count: number
  readonly amount: number
}

/** A reversal that is not ended, with all that its 0420 is built from. */
export interface OpenReversal {
  readonly id: number
  readonly status: ReversalStatus
  readonly trace: ReversalTrace
  readonly approval: Approval | undefined
  /** An approval turned up after the outcome was written. */
  readonly wasReopened: boolean
  readonly tries: number
  readonly host: HostTrace
  readonly amount: Rial
  readonly time: string
  readonly day: Day
  readonly rrn: Rrn
  readonly tid: TerminalId
  readonly mid: MerchantId
  /** The card number, still enciphered; opened only to build the message. */
  readonly sealedCard: Uint8Array
}
