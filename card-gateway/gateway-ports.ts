// What the card gateway is given by the process it runs in: time, chance, the card numbers of
// reversals, and whom to tell. Everything that is told is without secrets.

import type { Dial } from '../protocol/link/dialer.ts'
import type { Timers } from '../protocol/link/timers.ts'
import type { TerminalId } from '../protocol/values/identifiers.ts'
import type { Pan } from '../protocol/values/pan.ts'
import type { Approval } from '../switch/core/journal.ts'
import type { Notice } from '../switch/core/notice.ts'
import type { HostTrace } from '../switch/core/sale-record.ts'
import type { GatewayLimits, GatewayTimeouts } from './settings.ts'
import type { ZoneKeyPorts } from './zone-set.ts'

export interface GatewayPorts {
  readonly timeouts: GatewayTimeouts
  readonly limits: GatewayLimits
  readonly timers: Timers
  /** Undefined: no link has keys. */
  readonly keys?: ZoneKeyPorts | undefined
  /** Keeps the connections to the hosts. */
  readonly dial: Dial
  /** From 0 to below 1, for the back-off only. */
  readonly random: () => number
  /** The card number of a reversal; undefined when it does not open. */
  readonly openCard: (sealedCard: Uint8Array, saleId: number) => Pan | undefined
  /** The first connection of that host is signed on: what waits for it can be sent. */
  readonly onUp: (link: string) => void
  readonly onDown: (link: string) => void
  /** An approval, of whatever amount, that nobody waited for any more. */
  readonly onLateApproval: (host: HostTrace, tid: TerminalId, approval: Approval) => void
  readonly notice: (notice: Notice) => void
  /** Counts by name, for metrics: never a terminal, a card or an address. */
  readonly count: (what: string, label?: string) => void
  /** A bug in a handler. */
  readonly onError: (error: unknown) => void
}
