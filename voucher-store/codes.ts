// States as the rows hold them: small integers, named in one place. The order is the meaning; a new
// state goes at the end.

import type { ReversalStatus } from '../switch/core/journal.ts'
import type { SaleState } from '../switch/core/sale-record.ts'

export const SALE_STATES = [
  'intent',
  'sold',
  'declined',
  'reversing',
  'reversed',
  'refunding',
  'refunded',
  'refused',
  'tombstone',
] as const satisfies readonly SaleState[]

const REVERSAL_STATUSES = [
  'pending',
  'unfound',
  'no-debit',
  'closed',
  'watched',
  'suspense',
] as const satisfies readonly ReversalStatus[]

/**
 * quarantined: refunded after it was disclosed, or of a sale that was under way in a copy that was
 * restored, and then never back to stock; or its PIN did not open, and then back only when it does
 * and two persons say so.
 * fenced: may have been sold in a time that a restored copy does not know of.
 */
export const VOUCHER_STATES = [
  'available',
  'reserved',
  'sold',
  'quarantined',
  'fenced',
  'voided',
  'expired',
] as const
export type VoucherState = (typeof VOUCHER_STATES)[number]

/** loading: an import that has not ended; its rows are invisible and removed after a start. */
export const BATCH_STATES = ['loading', 'loaded', 'released', 'held', 'closed'] as const
export type BatchState = (typeof BATCH_STATES)[number]

export function saleCode(state: SaleState): number {
  return SALE_STATES.indexOf(state)
}

export function saleState(code: number): SaleState {
  return named(SALE_STATES, code)
}

export function reversalCode(status: ReversalStatus): number {
  return REVERSAL_STATUSES.indexOf(status)
}

export function reversalStatus(code: number): ReversalStatus {
  return named(REVERSAL_STATUSES, code)
}

export function voucherState(code: number): VoucherState {
  return named(VOUCHER_STATES, code)
}

export function voucherCode(state: VoucherState): number {
  return VOUCHER_STATES.indexOf(state)
}

export function batchCode(state: BatchState): number {
  return BATCH_STATES.indexOf(state)
}

export function batchState(code: number): BatchState {
  return named(BATCH_STATES, code)
}

function named<Name>(names: readonly Name[], code: number): Name {
  const name = names[code]
  if (name === undefined) throw new RangeError(`state ${code} has no name`)
  return name
}
