// Which tables are compared with the journal, row by row: all but those that are named here, so
// that nobody gives himself a role, a commission or stock by hand and stays unseen.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { compareWithRebuilt } from '../../../voucher-store/reports/rebuild.ts'
import { must, NOW, stockedStore, type TemporaryStore } from '../temporary-store.ts'

/** Ciphertext that does not open once it was changed, and what decides nothing. */
const NOT_COMPARED = [
  ...['journal', 'key_set', 'knex_migrations', 'knex_migrations_lock'],
  ...['master_key', 'terminal_seen'],
]

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 5)
})
afterEach(() => store.close())

function tables(): string[] {
  const names = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
  return store.database.prepare(`${names} order by name`).pluck().all() as string[]
}

/** A row that no record knows of. */
function addByHand(table: string): void {
  const columns = store.writer.pragma(`table_info("${table}")`) as { name: string; type: string }[]
  const values = columns.map(({ type }) => {
    if (/int/i.test(type)) return 4_711
    return /blob/i.test(type) ? Buffer.from('4711') : '4711'
  })
  const places = values.map(() => '?').join(', ')
  store.writer.prepare(`insert into "${table}" values (${places})`).run(values)
}

it('a row that somebody added is found in every table but a few', () => {
  expect(compareWithRebuilt(store.file, { inMemory: true })).toEqual([])
  store.writer.pragma('foreign_keys = OFF')
  store.writer.pragma('ignore_check_constraints = ON')
  // One more record would be written again, and its rows would be there.
  for (const table of tables()) if (table !== 'journal') addByHand(table)
  const problems = compareWithRebuilt(store.file, { inMemory: true })
  const isFound = (table: string) => problems.includes(`${table} 4711 is not what the journal says`)
  expect(tables().filter((table) => !isFound(table))).toEqual(NOT_COMPARED)
})

it('vouchers that were sealed anew as a chunk that was never imported are told', async () => {
  const detail = { batch: 1, first: 1, vouchers: 3, digest: 'of these rows' }
  const copied = { table: 'voucher', first: 1, rows: 3, resealed: true } as const
  const sql = 'update voucher set sealed = ? where id = 1'
  const statements = [{ sql, bindings: [Buffer.from('other')], expect: 1, copied }]
  const action = 'vault reseal chunk'
  const change = { kind: 'admin', action, by: 'test', detail, statements, atMs: NOW } as const
  const sealed = store.database.prepare('select sealed from voucher where id = 1').pluck().get()
  await must(store.journal.write(change))
  store.writer.prepare('update voucher set sealed = ? where id = 1').run(sealed)
  const told = 'batch 1: vouchers 1 to 3 were never imported like that'
  expect(compareWithRebuilt(store.file, { inMemory: true })).toEqual([told])
})
