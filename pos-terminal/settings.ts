// What is set on a terminal before it sells: who it is, how it speaks, how long it waits. It does
// not change while the terminal runs; what does is in state.ts.

import type { Dialect } from '../protocol/message/dialect.ts'
import type { Track2 } from '../protocol/values/card.ts'
import type { MerchantId, TerminalId } from '../protocol/values/identifiers.ts'
import type { Pan } from '../protocol/values/pan.ts'

export interface TerminalSettings {
  readonly terminalId: TerminalId
  readonly merchantId: MerchantId
  readonly dialect: Dialect
  /** DE 24. */
  readonly networkId: string
  /** DE 25: 14 at a till, 43 a kiosk. */
  readonly condition: '14' | '43'
  readonly language: 'fa' | 'en'
  /** DE 60: left out when undefined. */
  readonly applicationVersion: string | undefined
  readonly serialNumber: string | undefined
  readonly accessible: boolean
  /** Ask the switch for receipt lines (DE 63). */
  readonly wantsReceiptLines: boolean
  readonly waits: TerminalWaits
}

export interface TerminalWaits {
  /** For an answer; longer than the switch may take. [wire-protocol 5] */
  readonly replyMs: number
  /** For the answer of a confirmation: the customer does not wait for it. */
  readonly adviceMs: number
  /** Between two attempts to connect or to reverse. */
  readonly pauseMs: number
  /** Attempts to end a reversal before the terminal reports that it is still open. */
  readonly reversalTries: number
}

export const DEFAULT_WAITS: TerminalWaits = {
  replyMs: 45_000,
  adviceMs: 15_000,
  pauseMs: 2_000,
  reversalTries: 3,
}

export type CardEntry =
  | { readonly kind: 'track2'; readonly track2: Track2 }
  | { readonly kind: 'keyed'; readonly pan: Pan; readonly expiry: string }

export type PrinterStatus = 'ready' | 'low' | 'out'
