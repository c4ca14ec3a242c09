// What the writer takes: the core's journal records, keys, and administration, which brings its own
// statements. All get a place in the one chain.

import type { JournalRecord } from '../switch/core/journal.ts'
import type { KeyOwner, SealedKeySet } from '../switch/core/key-store.ts'

export interface Statement {
  readonly sql: string
  readonly bindings: readonly unknown[]
  /** Refuses the whole record when another number of rows changes. */
  readonly expect?: number
  /**
   * It inserts rows that hold ciphertext and change only by a rotation of keys: the journal names
   * them and does not repeat them. Whoever rebuilds the store from the journal copies them.
   */
  readonly copied?: CopiedRows
  /**
   * It writes keys: the journal keeps neither its text nor its bindings, and its table is not
   * compared with the journal. A key that was changed does not open.
   */
  readonly unkept?: true
}

export interface CopiedRows {
  readonly table: 'vault_key' | 'voucher' | 'login_password'
  readonly first: number
  readonly rows: number
  /** Nothing is inserted: rows that are there were sealed under another key. */
  readonly resealed?: true
}

/** How somebody was let in, as the audit record keeps it. */
export interface How {
  /** A login proved who it is; a user is who the command says, behind the mode of the socket. */
  readonly as: 'login' | 'user'
  readonly from: 'socket' | 'tcp' | 'stopped'
  /** The second person, and the request that was approved. */
  readonly approval?: string | undefined
  readonly consentBy?: string | undefined
}

export interface AdminRecord {
  readonly kind: 'admin'
  /** What was done, in the words of the command line: `merchant add`. */
  readonly action: string
  readonly by: string
  /** Missing where nobody was let in: at a start, say. */
  readonly how?: How | undefined
  /** What the journal keeps of it. Never a secret. */
  readonly detail: Readonly<Record<string, unknown>>
  readonly statements: readonly Statement[]
  /** It takes milliseconds to write, however few its values are: others go before it in turn. */
  readonly isLarge?: true
  readonly atMs: number
}

/** New session keys, pending until their owner uses them. The journal keeps no key. */
export interface KeySetRecord {
  readonly kind: 'key-set'
  readonly owner: KeyOwner
  readonly generation: number
  /** Undefined when it is read from the journal. */
  readonly set: SealedKeySet | undefined
  /** Check value of the master key that it belongs to. The journal does not keep it. */
  readonly under?: string | undefined
  readonly atMs: number
}

export interface KeyActivationRecord {
  readonly kind: 'key-activation'
  readonly owner: KeyOwner
  readonly generation: number
  /** What the logon of these keys told, and the use of them proved. */
  readonly serialNumber: string | undefined
  /** The set, when a newer one may have taken its place meanwhile. The journal keeps no key. */
  readonly set?: SealedKeySet | undefined
  /** As of a set; undefined when it is read from the journal. */
  readonly under?: string | undefined
  readonly atMs: number
}

export type KeyRecord = KeySetRecord | KeyActivationRecord
/** What is new of a terminal since it was last written; undefined: nothing was said of that. */
export interface SeenTerminal {
  readonly terminal: number
  readonly seenMs: number | undefined
  /** DE 60 tags 03, 02 and 04. */
  readonly version?: string | undefined
  readonly printer?: string | undefined
  readonly serial?: string | undefined
  /** Of the newest answer. */
  readonly responseCode?: string | undefined
  /** Since it was last written. */
  readonly failedMacs: number
  readonly failedMacMs?: number | undefined
}

/** Rows beside the journal: it gets no number in the chain, and a rebuilt store lacks them. */
export interface SeenRecord {
  readonly kind: 'seen'
  readonly terminals: readonly SeenTerminal[]
}

export type StoreRecord = JournalRecord | AdminRecord | KeyRecord | SeenRecord
