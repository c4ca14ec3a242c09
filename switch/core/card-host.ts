// The card host's port, as the sale and the reversal queue see it. Four results of a debit:
// approved, declined, unknown, not sent. Unknown is a result, not an error: it may hide a debit.

import type { Rrn } from '../../protocol/values/identifiers.ts'
import type { Approval, OpenReversal, ReversalTrace } from './journal.ts'
import type { HostTrace, RequestCard, SaleRequest } from './sale-record.ts'

export interface Debit {
  readonly request: SaleRequest
  readonly card: RequestCard
  readonly rrn: Rrn
  readonly trace: HostTrace
}

export type DebitResult =
  | { readonly kind: 'approved'; readonly approval: Approval }
  | { readonly kind: 'declined'; readonly responseCode: string }
  /** Silent, late, unreadable, partial, or a code that settles nothing. */
  | { readonly kind: 'unknown'; readonly why: string; readonly approval: Approval | undefined }
  /** No byte of the request was written. */
  | { readonly kind: 'not-sent'; readonly why: string }

export type ReversalReply =
  | { readonly kind: 'answered'; readonly responseCode: string }
  | { readonly kind: 'silent' }
  | { readonly kind: 'not-sent' }
  /** Its card number is destroyed, or does not open: it can never be sent. */
  | { readonly kind: 'no-card' }

export interface CardHost {
  /** Chooses a signed-on connection's host and takes a STAN there; undefined: answer 91. */
  prepare(): HostTrace | undefined
  /** Never rejects. The sale's `trace` came from `prepare`. */
  debit(debit: Debit): Promise<DebitResult>
  /** Sends 0420, or 0421 when it may have been sent before. Never rejects. */
  reverse(reversal: OpenReversal, repeat: boolean): Promise<ReversalReply>
  /**
   * DE 7 and DE 11 for a reversal on the host of `trace`; undefined while no number is to be had
   * (the journal has refused for long), or when that host is not configured any more.
   */
  reversalTrace(trace: HostTrace): ReversalTrace | undefined
  /** The trace's STAN may be used again: its sale is closed. */
  forget(trace: HostTrace): void
  /** Whether that host can be sent something now. */
  ready(link: string): boolean
}
