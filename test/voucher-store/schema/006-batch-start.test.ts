// A store with batches from before their first day was kept: they stay as they are, and nothing
// keeps them from being released.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { findBatch } from '../../../voucher-store/admin/batches.ts'
import { migrate } from '../../../voucher-store/schema/migrate.ts'
import { shapeProblems } from '../../../voucher-store/schema/shape.ts'
import { Sqlite } from '../../../voucher-store/sqlite.ts'
import { stockedStore, type TemporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

it('the batches of before have no first day', async () => {
  const { name: file } = store.writer
  const older = new Sqlite(file)
  older.exec('alter table batch drop column valid_from')
  older.exec("delete from knex_migrations where name = '006-batch-start'")
  older.close()
  expect(await migrate(file)).toEqual({ kind: 'current', applied: ['006-batch-start'] })
  const newer = new Sqlite(file, { readonly: true })
  expect(shapeProblems(newer)).toEqual([])
  expect(findBatch(newer, 1)).toMatchObject({ state: 'released', validFrom: null })
  newer.close()
})
