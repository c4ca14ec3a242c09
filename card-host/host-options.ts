// What the card host can be told when it starts, and what it tells: the settings by which one
// bank's host differs from another's. Defaults stand beside their use, not here.

import type { ChannelLimits } from '../protocol/link/channel-limits.ts'
import type { Framing } from '../protocol/link/framing.ts'
import type { ListenTls } from '../protocol/link/handshakes.ts'
import type { Timers } from '../protocol/link/timers.ts'
import type { DialectName } from '../protocol/message/dialect.ts'
import type { AccountsData } from './accounts.ts'
import type { FaultRuleData } from './faults.ts'

export interface CardHostOptions {
  readonly host?: string
  /** 0 takes a free one. */
  readonly port?: number
  /** Left out: in clear. */
  readonly tls?: ListenTls
  readonly dialect?: DialectName
  /** Binary fields as hex characters. */
  readonly binaryAsHex?: boolean
  readonly length?: Framing['length']
  readonly lengthIncludesItself?: boolean
  readonly limits?: ChannelLimits
  readonly maxConnections?: number
  /** Without a file the ledger lives as long as the process. */
  readonly ledgerFile?: string
  /** Zone master key; left out: the link has no keys. */
  readonly zoneKeyFile?: string
  /** Between two key changes; left out: only when the link has none. */
  readonly keyChangeMs?: number
  /** Every line to the disk, not only to the kernel, before its answer. */
  readonly fsync?: boolean
  /** Left out: every card has a large balance. */
  readonly accounts?: AccountsData
  readonly faults?: readonly FaultRuleData[]
  readonly seed?: number
  readonly timers?: Timers
  /** Who must have signed on before a purchase; reversals are always taken. */
  readonly signOn?: 'connection' | 'host' | 'none'
  /** The code of a purchase before sign-on. */
  readonly notSignedOnRc?: string
  /** False: a purchase is debited although its reversal came first. */
  readonly rememberReversals?: boolean
  readonly checkExpiry?: boolean
  /** Return DE 90 in a 0430. */
  readonly answerDe90?: boolean
  /** Send DE 15, the settlement date, in a 0210. */
  readonly answerDe15?: boolean
  /** The first DE 38 of an empty ledger. */
  readonly firstApproval?: number
  readonly observe?: (event: CardHostEvent) => void
  /** A crash by script; the default ends the process. */
  readonly exit?: (code: number) => void
  /** A bug or a full disk; the host has stopped. */
  readonly failed?: (error: unknown) => void
}

/** What happened, for logs and tests. Never a card number. */
export interface CardHostEvent {
  readonly kind:
    | 'listening'
    | 'refusing'
    | 'opened'
    | 'closed'
    | 'request'
    | 'fault'
    | 'answer'
    | 'dropped'
    | 'wrong-mac'
    | 'key-change'
  readonly connection?: number
  readonly mti?: string
  readonly de7?: string | undefined
  readonly stan?: string | undefined
  readonly rc?: string
  readonly fault?: string | undefined
  readonly reason?: string
}

export interface CardBalance {
  readonly card: string
  readonly cardHash: string
  readonly balanceRial: number
}
