// What every session and handler of the terminal gateway works with. Parsing and answering are this
// folder's; what a sale means is the core's alone.

import type { Timers } from '../protocol/link/timers.ts'
import type { Dialect } from '../protocol/message/dialect.ts'
import type { Message } from '../protocol/message/message.ts'
import type { KeyScheme } from '../protocol/values/key.ts'
import type { Book } from '../switch/core/book.ts'
import type { KeyOwner } from '../switch/core/key-store.ts'
import type { Terminal } from '../switch/core/sale-record.ts'
import type { KeyDesk } from './key-desk.ts'
import type { MacFailures } from './mac-failures.ts'
import type { ReceiptSource } from './receipt-lines.ts'
import type { Recorder } from './recorder.ts'
import type { Reply } from './reply.ts'
import type { SessionKeys } from './session-keys.ts'
import type { TerminalStatus } from './terminal-status.ts'

/** `none`: no MAC, and voucher PINs as readable digits. */
export type TerminalScheme = KeyScheme | 'none'

/** A terminal as it is registered; undefined when it, or its merchant, is unknown. */
export interface RegisteredTerminal {
  readonly terminal: Terminal
  readonly scheme: TerminalScheme
  /** Parameters for its software, which an initialise reply carries. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface TerminalDirectory {
  find(institution: number, mid: string, tid: string): RegisteredTerminal | undefined
}

/** A page of the product catalogue, as an initialise reply carries it. */
export interface CatalogueSource {
  readonly version: number
  /** Products sold today, ascending by id. */
  products(): { product: string; priceRial: number; name: string }[]
}

export interface GatewayListener {
  readonly name: string
  readonly kind: 'terminal' | 'institution'
  readonly dialect: Dialect
  readonly keys: TerminalScheme
  readonly insecure: boolean
  /** Everything on it is enciphered; who may speak for a terminal is the channel's peer. */
  readonly tls: boolean
  readonly institution: number
  /** Merchants that an institution may bring; undefined: all of its own. */
  readonly merchants: ReadonlySet<string> | undefined
  readonly responseCodes: Readonly<Record<string, string>>
}

export interface Gateway {
  readonly book: Book
  readonly timers: Timers
  readonly directory: TerminalDirectory
  readonly catalogue: CatalogueSource
  readonly receipts: ReceiptSource
  readonly hashCard: (digits: string) => string
  readonly badFramesMost: number
  /** Bytes of DE 55 that whichever card host is asked has room for. */
  readonly chipBytesMost: number
  /** Undefined: no terminal has keys. */
  readonly keyDesk: KeyDesk | undefined
  readonly macFailures: MacFailures
  /**
   * Told of every message of a known terminal, with a right MAC where it has keys, when its answer
   * is known; it waits for nothing.
   */
  readonly seen?: SeenTerminals | undefined
  /** Undefined: traffic is not recorded. */
  readonly recorder?: Recorder | undefined
  /** Counts by name, for metrics: never a terminal, a card or an address. */
  readonly count: (what: string, label?: string) => void
}

/** Who wants to know when a terminal was last seen, and what it said of itself. */
export interface SeenTerminals {
  noted(
    terminal: number,
    facts: {
      readonly version?: string | undefined
      readonly printer?: string | undefined
      readonly serial?: string | undefined
      readonly responseCode?: string | undefined
    },
  ): void
  /** A message that names it, with a MAC that is missing or wrong. */
  failedMac(terminal: number): void
}

/** One message whose terminal is known, on its way to a handler. */
export interface Incoming {
  readonly message: Message
  readonly terminal: Terminal
  /** What its MAC verified under; undefined for a logon and a terminal without keys. */
  readonly keys: SessionKeys | undefined
  /** Whose keys they are, or will be. */
  readonly owner: KeyOwner
  /** The scheme of the keys that a logon asks for. */
  readonly logon: KeyScheme | undefined
  /** Parameters of the terminal's software. */
  readonly settings: Readonly<Record<string, string>>
  /** DE 60; what is left out in it says nothing. */
  readonly status: TerminalStatus
  readonly arrivedMs: number
}

/** Undefined: nothing may be answered. */
export type Handler = (gateway: Gateway, incoming: Incoming) => Promise<Reply | undefined>
