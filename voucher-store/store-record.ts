// What the writer takes: the core's journal records, and administration, which brings its own
// statements. Both get a place in the one chain.

import type { JournalRecord } from '../switch/core/journal.ts'

export interface Statement {
  readonly sql: string
  readonly bindings: readonly unknown[]
  /** Refuses the whole record when another number of rows changes. */
  readonly expect?: number
  /**
   * It inserts rows that never change and hold ciphertext: the journal names them and does not
   * repeat them. Whoever rebuilds the store from the journal copies them.
   */
  readonly copied?: CopiedRows
}

export interface CopiedRows {
  readonly table: 'vault_key' | 'voucher'
  readonly first: number
  readonly rows: number
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

export type StoreRecord = JournalRecord | AdminRecord | SeenRecord
