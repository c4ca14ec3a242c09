// Takes vouchers out of stock whose last day has passed. The inventory refuses them by itself; this
// makes the counts say so. In chunks, so that sales never wait behind it. [nothing-lost, rule 11]

import type Database from 'better-sqlite3'
import type { Day } from '../../protocol/values/moment.ts'
import { voucherCode } from '../codes.ts'
import { type StoreJournal, writeChange } from './admin-write.ts'
import { readAll, sql, statement } from './statements.ts'

const CHUNK = 1_000

interface Found {
  readonly id: number
}

/** How many vouchers expired; those that a running sale has reserved wait for the next call. */
export async function expireVouchers(
  store: { readonly journal: StoreJournal; readonly database: Database.Database },
  today: Day,
  atMs: number,
): Promise<number> {
  const past = sql('lot').select('id').where('expires', '<', today).where('available', '>', 0)
  let expired = 0
  for (const { id: lot } of readAll<Found>(store.database, past)) {
    for (;;) {
      const inStock = sql('voucher')
        .select('id')
        .where({ lot, state: voucherCode('available') })
      const ids = readAll<Found>(store.database, inStock.limit(CHUNK)).map(({ id }) => id)
      if (ids.length === 0) break
      const vouchers = sql('voucher')
        .whereIn('id', ids)
        .where({ state: voucherCode('available') })
        .update({ state: voucherCode('expired') })
      const counts = sql('lot')
        .where({ id: lot })
        .update({
          available: sql.raw('available - ?', [ids.length]),
          expired: sql.raw('expired + ?', [ids.length]),
        })
      const result = await writeChange(store.journal, {
        action: 'expire',
        detail: { lot, vouchers: ids.length },
        statements: [statement(vouchers, ids.length), statement(counts, 1)],
        by: 'switch',
        atMs,
      })
      if (result.kind !== 'written') return expired
      expired += ids.length
    }
  }
  return expired
}
