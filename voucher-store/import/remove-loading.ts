// Removes a batch that did not become stock: its vouchers in chunks, so that sales never wait, then
// its lots, its row and its key in one record. Vouchers of a loading batch were never visible.

import type Database from 'better-sqlite3'
import { type StoreJournal, writeChange } from '../admin/admin-write.ts'
import type { By } from '../admin/merchants.ts'
import { readAll, readOne, sql, statement } from '../admin/statements.ts'
import { batchCode } from '../codes.ts'

const REMOVE_ROWS = 500

export async function removeLoading(
  journal: StoreJournal,
  database: Database.Database,
  batch: number,
  by: By,
): Promise<void> {
  const lots = readAll<{ id: number }>(database, sql('lot').select('id').where({ batch }))
  for (const lot of lots) {
    for (;;) {
      const page = sql('voucher').select('id').where({ lot: lot.id, state: 0 }).limit(REMOVE_ROWS)
      const result = await writeChange(journal, {
        action: 'batch import removing',
        detail: { batch, lot: lot.id },
        statements: [statement(sql('voucher').whereIn('id', page).delete())],
        ...by,
      })
      // What cannot be removed now is still invisible, and is removed at the next start.
      if (result.kind !== 'written') return
      if (result.changes < REMOVE_ROWS) break
    }
  }
  const key = readOne<{ vault_key: number }>(database, sql('batch').where({ id: batch }))
  await writeChange(journal, {
    action: 'batch import removed',
    detail: { batch },
    statements: [
      statement(sql('lot').where({ batch }).delete()),
      statement(
        sql('batch')
          .where({ id: batch, state: batchCode('loading') })
          .delete(),
        1,
      ),
      statement(
        sql('vault_key')
          .where({ id: key?.vault_key ?? 0 })
          .delete(),
        1,
      ),
    ],
    ...by,
  })
}
