// A store with ends of day from before it was kept which of them agreed: what closing one does to
// the totals is what it was, and running the journal again gives the same rows.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Stan } from '../../../protocol/values/identifiers.ts'
import {
  closeDayEndDifference,
  listDayEndDifferences,
} from '../../../voucher-store/admin/claims.ts'
import { compareWithRebuilt } from '../../../voucher-store/reports/rebuild.ts'
import { migrate } from '../../../voucher-store/schema/migrate.ts'
import { shapeProblems } from '../../../voucher-store/schema/shape.ts'
import { Sqlite } from '../../../voucher-store/sqlite.ts'
import { addSale, must, NOW, stockedStore, type TemporaryStore, TODAY } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

async function dayEnd(id: number, terminalKey: number, sales: number): Promise<void> {
  const stan = String(id).padStart(6, '0') as Stan
  const key = { terminalKey, day: TODAY, time: '120000', stan }
  const reversals = { reversalsCount: 0, reversalsAmount: 0 }
  const claimed = { salesCount: sales, salesAmount: sales * 50_000, ...reversals }
  const record = { kind: 'end-of-day', id, key, merchantKey: 1, claimed, atMs: NOW } as const
  await must(store.journal.write(record))
}

/** As the migrations before this one made it, with the rows that they had. */
function madeOlder(): void {
  store.writer.exec(`drop index day_end_differing; drop index day_end_listed;
    drop index reversal_watched; drop index voucher_fenced;
    alter table terminal_tally drop column agreed_end;
    delete from terminal_tally where last_sold is null;
    drop index journal_acts;
    delete from knex_migrations where name in ('008-open-ends', '009-acts')`)
}

it('a period that ended before is over, and a terminal that never sold has its row', async () => {
  await dayEnd(11, 1, 0)
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await dayEnd(12, 1, 7)
  await dayEnd(13, 1, 1)
  await addSale(store, { id: 2, voucherIds: [2, 3] }, 'sold')
  await dayEnd(14, 1, 7)
  await dayEnd(15, 2, 0)
  await dayEnd(16, 3, 7)
  const { name: file } = store.writer
  madeOlder()
  const applied = ['008-open-ends', '009-acts']
  expect(await migrate(file)).toEqual({ kind: 'current', applied })
  const newer = new Sqlite(file, { readonly: true })
  expect(shapeProblems(newer)).toEqual([])
  const tally = newer.prepare('select terminal, sales_count, agreed_end from terminal_tally').raw()
  expect(tally.all()).toEqual([
    [1, 1, 13],
    [2, 0, 15],
  ])
  expect(compareWithRebuilt(file, { inMemory: true })).toEqual([])
  await closeDayEndDifference(store.journal, 12, { by: 'sara', atMs: NOW })
  expect(tally.all()[0]).toEqual([1, 1, 13])
  await closeDayEndDifference(store.journal, 14, { by: 'sara', atMs: NOW })
  expect(tally.all()[0]).toEqual([1, 0, 13])
  expect(listDayEndDifferences(newer).map(({ id, closedAt }) => [id, closedAt === null])).toEqual([
    ...[
      [14, false],
      [12, false],
    ],
  ])
  newer.close()
  expect(compareWithRebuilt(file, { inMemory: true })).toEqual([])
})
