// Removes a batch that did not become stock: its vouchers in chunks, so that sales never wait, then
// its lots, its row and its key in one record. Vouchers of a loading batch were never visible. What
// is not removed now, because the disk is full or the process stops, is removed another time.

import type Database from 'better-sqlite3'
import { type ChangeResult, type StoreJournal, writeChange } from '../admin/admin-write.ts'
import type { By } from '../admin/merchants.ts'
import { readAll, readOne, sql, statement } from '../admin/statements.ts'
import { batchCode } from '../codes.ts'

/** Of one record, which takes the writer's time as a chunk of an import does. */
const REMOVE_ROWS = 500
const REMOVE_ROWS_BESIDE_SALES = 100

/** The rows of one record are gone, and more may be left. */
export const REMOVING = 'batch import removing'

export interface RemovingPorts {
  readonly journal: StoreJournal
  readonly database: Database.Database
  /** Asked before each record; left out: it goes on to the end. */
  readonly isStopped?: () => boolean
}

export type Removal =
  | { readonly kind: 'removed' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'not-written'; readonly why: string }

export async function removeLoading(ports: RemovingPorts, batch: number, by: By): Promise<Removal> {
  const { journal, database, isStopped } = ports
  const lots = readAll<{ id: number }>(database, sql('lot').select('id').where({ batch }))
  for (const lot of lots) {
    for (;;) {
      if (isStopped?.() === true) return { kind: 'stopped' }
      const most = journal.isBusy === true ? REMOVE_ROWS_BESIDE_SALES : REMOVE_ROWS
      const page = sql('voucher').select('id').where({ lot: lot.id, state: 0 }).limit(most)
      const result = await writeChange(journal, {
        action: REMOVING,
        detail: { batch, lot: lot.id },
        statements: [statement(sql('voucher').whereIn('id', page).delete())],
        isLarge: true,
        ...by,
      })
      if (result.kind !== 'written') return notWritten(result)
      if (result.changes < most) break
    }
  }
  if (isStopped?.() === true) return { kind: 'stopped' }
  const result = await writeChange(journal, {
    action: 'batch import removed',
    detail: { batch },
    statements: rowsOf(database, batch),
    ...by,
  })
  return result.kind === 'written' ? { kind: 'removed' } : notWritten(result)
}

function rowsOf(database: Database.Database, batch: number) {
  const key = readOne<{ vault_key: number }>(database, sql('batch').where({ id: batch }))
  const loading = sql('batch').where({ id: batch, state: batchCode('loading') })
  const vaultKey = sql('vault_key').where({ id: key?.vault_key ?? 0 })
  return [
    statement(sql('lot').where({ batch }).delete()),
    statement(loading.delete(), 1),
    statement(vaultKey.delete(), 1),
  ]
}

function notWritten(result: Exclude<ChangeResult, { kind: 'written' }>): Removal {
  return { kind: 'not-written', why: result.detail }
}
