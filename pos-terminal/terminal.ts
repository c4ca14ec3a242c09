// What every operation of the terminal works with, and the small things that they all do with it.
// Holds no state of its own: what must be remembered is in the store. How it asks is in ask.ts.

import type { Timers } from '../protocol/link/timers.ts'
import type { Line } from './line.ts'
import type { DeliveredVoucher } from './replies.ts'
import { digits, type Stamp, stamp } from './requests.ts'
import type { PrinterStatus, TerminalSettings } from './settings.ts'
import type { LastSale, OpenSale } from './state.ts'
import type { TerminalStore } from './store.ts'
import type { TerminalKeys } from './terminal-keys.ts'

export interface Terminal {
  readonly settings: TerminalSettings
  readonly timers: Timers
  readonly store: TerminalStore
  readonly line: Line
  readonly keys: TerminalKeys
  readonly printer: ReceiptPrinter
  /** For the person at the terminal. */
  readonly warn: (text: string) => void
}

export interface ReceiptPrinter {
  status(): PrinterStatus
  print(slip: VoucherSlip): Promise<Printed>
}

export type Printed =
  | 'out'
  /** The voucher PIN may be in somebody's hand: never reversed, printed again. */
  | 'partly'
  /** Not one byte of it: the sale may be reversed. */
  | 'none'

/** All that a receipt is made from; what the paper looks like is the printer's matter. */
export interface VoucherSlip {
  readonly sale: LastSale
  readonly vouchers: readonly DeliveredVoucher[]
  /** DE 63 as it came. */
  readonly switchLines: string | undefined
  readonly mark: CopyMark
}

export type CopyMark =
  | { readonly kind: 'original' }
  /** Fetched again after a power cut: an earlier copy may be about. */
  | { readonly kind: 'again' }
  | { readonly kind: 'reprint'; readonly number: number }

/** The next STAN with the time of now; durable before anyone can see it. */
export function nextStamp(terminal: Terminal): Stamp {
  const { state } = terminal.store
  const used = state.nextStan
  terminal.store.save({ ...state, nextStan: used >= 999_999 ? 1 : used + 1 })
  return stamp(digits(used, 6), terminal.timers.wallMs())
}

export function saveOpen(terminal: Terminal, open: OpenSale | null): void {
  terminal.store.save({ ...terminal.store.state, open })
}

/** Given before the switch looked for the sale: they say nothing about an earlier message of it. */
export const ANSWERED_UNSEEN: ReadonlySet<string> = new Set([
  '03',
  '12',
  '30',
  '58',
  '63',
  '96',
  '97',
])
