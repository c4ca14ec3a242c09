// A store that sold before the acquirer was kept: its sales stay as they are, and their reversals
// are found without one.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { SqliteSaleReader } from '../../../voucher-store/reading/sale-reader.ts'
import { migrate } from '../../../voucher-store/schema/migrate.ts'
import { shapeProblems } from '../../../voucher-store/schema/shape.ts'
import { Sqlite } from '../../../voucher-store/sqlite.ts'
import { addSale, stockedStore, type TemporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

it('the reversals of before name no acquirer', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
  const { name: file } = store.writer
  const older = new Sqlite(file)
  older.exec('alter table sale drop column host_acquirer')
  older.exec("delete from knex_migrations where name = '005-acquirer'")
  older.close()
  expect(await migrate(file)).toEqual({ kind: 'current', applied: ['005-acquirer'] })
  const newer = new Sqlite(file, { readonly: true })
  expect(shapeProblems(newer)).toEqual([])
  const reversal = new SqliteSaleReader(newer).openReversal(1)
  expect([reversal?.host.link, reversal?.host.acquirerId]).toEqual(['bank', undefined])
  newer.close()
})
