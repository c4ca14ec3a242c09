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
  readonly table: 'vault_key' | 'voucher' | 'login_password'
  readonly first: number
  readonly rows: number
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
  readonly atMs: number
}

export type StoreRecord = JournalRecord | AdminRecord
