// One administrative change: its statements and its journal record in one commit, and what became
// of it as a value. A constraint or a guard that refuses it is an answer, not a fault.

import type { WriteResult } from '../../switch/core/journal.ts'
import type { AdminRecord, StoreRecord } from '../store-record.ts'

/** The journal as administration sees it; the writer's client is one. */
export interface StoreJournal {
  write(record: StoreRecord): Promise<WriteResult>
  /** Sales are being written; left out: never. */
  readonly isBusy?: boolean
}

export type Change = Omit<AdminRecord, 'kind'>

export type ChangeResult =
  | { readonly kind: 'written'; readonly changes: number }
  /** A row with the same key is there already. */
  | { readonly kind: 'taken'; readonly detail: string }
  /** The rows are not in the state that the change starts from. */
  | { readonly kind: 'changed'; readonly detail: string }
  /** The disk or the queue is full; nothing was written. */
  | { readonly kind: 'full'; readonly detail: string }

export async function writeChange(journal: StoreJournal, change: Change): Promise<ChangeResult> {
  return changeResult(await journal.write({ kind: 'admin', ...change }))
}

export function changeResult(result: WriteResult): ChangeResult {
  if (result.kind === 'written') return { kind: 'written', changes: result.changes ?? 0 }
  const { reason, detail } = result
  if (reason !== 'guard') return { kind: 'full', detail }
  if (/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(detail)) return { kind: 'taken', detail }
  return { kind: 'changed', detail }
}
