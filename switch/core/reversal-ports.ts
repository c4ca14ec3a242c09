// What the queue of reversals stands on: the card hosts, the journal, the store, and how many are
// under way at once and how soon each is asked for again.

import type { CardHost } from './card-host.ts'
import type { Clock } from './clock.ts'
import type { Journal, SaleReader } from './journal.ts'
import type { Notice } from './notice.ts'

export interface ReversalSettings {
  /** Reversals under way at a card host at once. */
  readonly window: number
  /** Answered, and on their way into the journal: as many as share a commit. */
  readonly writingMost: number
  readonly firstDelayMs: number
  readonly mostDelayMs: number
  readonly suspenseDelayMs: number
  readonly cardHostTimeoutMs: number
  /** Entries kept in memory; the rest waits in the store. */
  readonly inMemory: number
  /** Codes that end a reversal; `00` unless the host profile has more. */
  readonly accepted: readonly string[]
  /** How a late approval is undone: the 0420 repeated as 0421, or a fresh 0420. */
  readonly lateApproval: (link: string) => 'repeat' | 'fresh'
}

export interface ReversalPorts {
  readonly cardHost: CardHost
  readonly journal: Journal
  readonly reader: SaleReader
  readonly clock: Clock
  readonly notice: (notice: Notice) => void
}
