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
  readonly table: 'vault_key' | 'voucher'
  readonly first: number
  readonly rows: number
  /** Nothing is inserted: rows that are there were sealed under another key. */
  readonly resealed?: true
}

export interface AdminRecord {
  readonly kind: 'admin'
  /** What was done, in the words of the command line: `merchant add`. */
  readonly action: string
  readonly by: string
  /** What the journal keeps of it. Never a secret. */
  readonly detail: Readonly<Record<string, unknown>>
  readonly statements: readonly Statement[]
  readonly atMs: number
}

/** New session keys, pending until their owner uses them. The journal keeps no key. */
export interface KeySetRecord {
  readonly kind: 'key-set'
  readonly owner: KeyOwner
  readonly generation: number
  /** Undefined when it is read from the journal. */
  readonly set: SealedKeySet | undefined
  readonly atMs: number
}

export interface KeyActivationRecord {
  readonly kind: 'key-activation'
  readonly owner: KeyOwner
  readonly generation: number
  readonly atMs: number
}

export type KeyRecord = KeySetRecord | KeyActivationRecord
export type StoreRecord = JournalRecord | AdminRecord | KeyRecord
