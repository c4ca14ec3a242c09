// The rows of the store in memory: the same facts as the tables of voucher-store/schema, as plain
// objects. Only the files beside this one change them.

import type { Rial } from '../../../protocol/values/rial.ts'
import type { ReversalStatus, SaleKey, Totals } from '../../../switch/core/journal.ts'
import type { Content, HostTrace, SaleState } from '../../../switch/core/sale-record.ts'
import type { BatchState, VoucherState } from '../../../voucher-store/codes.ts'

export interface SaleRow {
  readonly id: number
  readonly key: SaleKey
  readonly merchantKey: number
  readonly content: Content | undefined
  readonly voucherIds: readonly number[]
  readonly rrn: string | undefined
  readonly host: HostTrace | undefined
  readonly sealedCard: string | undefined
  readonly createdMs: number
  state: SaleState
  cancelled: boolean
  responseCode: string
  authCode: string | undefined
  hostDate: string | undefined
  outcomeMs: number | undefined
  confirmedMs: number | undefined
  answered: boolean
  reprints: number
  disclosures: number
  /** The terminal's sold sale before this one. */
  soldBefore: number | undefined
}

export interface ReversalRow {
  readonly sale: number
  readonly host: HostTrace
  readonly openedMs: number
  status: ReversalStatus
  stan: string
  transmission: string
  authCode: string | undefined
  hostDate: string | undefined
  approvalSeen: boolean
  reopened: boolean
  tries: number
  responseCode: string | undefined
  endedMs: number | undefined
}

export interface RefundRow {
  readonly sale: number
  readonly day: number
  readonly terminalKey: number
  readonly merchantKey: number
  readonly amount: Rial
  readonly counted: boolean
}

export interface ClaimRow {
  readonly sale: number
  readonly reason: string
  readonly atMs: number
}

export interface TallyRow {
  lastSold: number
  salesCount: number
  salesAmount: number
  reversalsCount: number
  reversalsAmount: number
}

/** What was sold on the newest day on which anything was, by terminal or merchant. */
export interface UseRow {
  day: number
  count: number
  amount: number
}

export interface DayEndRow {
  readonly id: number
  readonly key: SaleKey
  readonly claimed: Totals
  readonly actual: Totals
  readonly agreed: boolean
  readonly atMs: number
}

export interface BatchRow {
  readonly id: number
  state: BatchState
}

export type LotCounts = Record<VoucherState, number>

export interface LotRow {
  readonly id: number
  readonly batch: BatchRow
  readonly product: number
  readonly expires: number
  readonly imported: number
  readonly counts: LotCounts
  /** In order of their ids. */
  readonly vouchers: readonly VoucherRow[]
  /** Nothing before this place in `vouchers` is available. */
  front: number
}

export interface VoucherRow {
  readonly id: number
  readonly serial: string
  readonly sealed: Buffer
  readonly lot: LotRow
  /** Place in the lot's `vouchers`. */
  readonly at: number
  state: VoucherState
  sale: number | undefined
}

/** The day and time of an identity as one key of a map. */
export function identityOf(key: SaleKey): string {
  return `${key.day}${key.time}${key.stan}${key.terminalKey}`
}

export function hostKeyOf(host: HostTrace): string {
  return `${host.transmission}${host.stan}${host.link}`
}
