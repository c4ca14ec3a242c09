// A store of before, whose keys were indexes beside their tables: every row stays as it is, and the
// journal still says the same.

import type Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { compareWithRebuilt } from '../../../voucher-store/reports/rebuild.ts'
import { migrate } from '../../../voucher-store/schema/migrate.ts'
import { shapeProblems } from '../../../voucher-store/schema/shape.ts'
import { Sqlite } from '../../../voucher-store/sqlite.ts'
import { addSale, stockedStore, type TemporaryStore } from '../temporary-store.ts'

const KEYS = [
  ...[
    ['journal', 'jseq'],
    ['voucher', 'id'],
    ['sale', 'id'],
  ],
  ...[
    ['reversal', 'sale'],
    ['refund', 'sale'],
    ['day_end', 'id'],
  ],
] as [table: string, key: string][]

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
  await addSale(store, { id: 7, voucherIds: [1, 2] }, 'sold')
  await addSale(store, { id: 3, voucherIds: [3] }, 'reversing')
})
afterEach(() => store.close())

it('the rows are what they were, and found by the numbers of before', async () => {
  const { name: file } = store.writer
  const older = new Sqlite(file)
  olderKeys(older)
  expect(indexesOfKeys(older)).toEqual(KEYS.map(([table]) => table))
  const before = KEYS.map(([table]) => rowsOf(older, table))
  expect(before.map(({ length }) => length > 0)).toEqual([true, true, true, true, false, false])
  older.close()
  expect(await migrate(file)).toEqual({ kind: 'current', applied: ['007-row-keys'] })
  const newer = new Sqlite(file, { readonly: true })
  expect(indexesOfKeys(newer)).toEqual([])
  expect(KEYS.map(([table]) => rowsOf(newer, table))).toEqual(before)
  expect(newer.prepare('select rowid from sale order by rowid').pluck().all()).toEqual([3, 7])
  expect(shapeProblems(newer)).toEqual([])
  newer.close()
  expect(compareWithRebuilt(file, { inMemory: true })).toEqual([])
})

it('a table that is not as it was made is left alone, and the others with it', async () => {
  const { name: file } = store.writer
  const older = new Sqlite(file)
  olderKeys(older)
  older.exec('create table other (id text primary key); drop table day_end')
  older.exec('alter table other rename to day_end')
  older.close()
  await expect(migrate(file)).rejects.toThrow('table day_end is not as it was made')
  const left = new Sqlite(file, { readonly: true })
  expect(indexesOfKeys(left)).toContain('journal')
  expect(left.prepare('select count(*) from sale').pluck().get()).toBe(2)
  left.close()
})

/** As 001-initial made them. */
function olderKeys(database: Database.Database): void {
  for (const [table, key] of KEYS) {
    const texts = database
      .prepare('select sql from sqlite_master where tbl_name = ? and sql is not null')
      .pluck()
      .all(table) as string[]
    database.exec(`alter table ${table} rename to newer`)
    const [columns = '', ...indexes] = texts
    database.exec(columns.replace(`"${key}" integer`, `\`${key}\` bigint`).replaceAll('"', '`'))
    database.exec(`insert into ${table} select * from newer; drop table newer`)
    for (const index of indexes) database.exec(index)
  }
  database.exec("delete from knex_migrations where name = '007-row-keys'")
}

/** Of those tables the ones whose primary key is an index of its own. */
function indexesOfKeys(database: Database.Database): string[] {
  const indexes = database.prepare("select 1 from pragma_index_list(?) where origin = 'pk'")
  return KEYS.flatMap(([table]) => (indexes.get(table) === undefined ? [] : [table]))
}

function rowsOf(database: Database.Database, table: string): unknown[] {
  return database.prepare(`select * from ${table} order by 1`).raw().all()
}
