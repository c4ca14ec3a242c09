// What the migration makes of a store that has sold already: the use of the newest day is what
// running the journal again gives.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import knex from 'knex'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { terminals } from '../../../voucher-store/schema/004-terminals.ts'
import { Sqlite } from '../../../voucher-store/sqlite.ts'
import { addSale, NOW, stockedStore, type TemporaryStore } from '../temporary-store.ts'

const DAY_MS = 86_400_000
let store: TemporaryStore
let folder: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evs-migration-'))
  store = await stockedStore(1, 10)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

/** The tables that it changes as they were before, with the sales given. */
async function migratedWith(sales: readonly unknown[]): Promise<Database.Database> {
  const file = join(folder, 'old.db')
  const database = new Sqlite(file)
  database.exec(
    `create table terminal (id integer primary key);
     create table merchant (id integer primary key);
     create table terminal_tally (terminal integer primary key, last_sold integer);
     create table sale (id integer primary key, terminal, merchant, state, amount, created_ms);
     insert into terminal_tally values (1, 3)`,
  )
  const insert = database.prepare(
    'insert into sale values (@id, @terminal, @merchant, @state, @amount, @created_ms)',
  )
  for (const sale of sales) insert.run(sale)
  database.close()
  const connection = { filename: file }
  const migrating = knex({ client: 'better-sqlite3', connection, useNullAsDefault: true })
  await terminals.up(migrating)
  await migrating.destroy()
  return new Sqlite(file)
}

function use(database: Database.Database): unknown[][] {
  return ['terminal_tally', 'merchant_use'].map((table) =>
    database.prepare(`select use_day, use_count, use_amount from ${table}`).all(),
  )
}

it('counts the sold sales of the newest day, and not those that were given back', async () => {
  await addSale(store, { id: 1, voucherIds: [1], atMs: NOW - DAY_MS }, 'sold')
  await addSale(store, { id: 2, voucherIds: [2, 3] }, 'sold')
  await addSale(store, { id: 3, voucherIds: [4] }, 'refunding')
  await addSale(store, { id: 4, voucherIds: [5], atMs: NOW + 2 * DAY_MS }, 'declined')
  const migrated = await migratedWith(store.database.prepare('select * from sale').all())
  const row = { use_day: 20260701, use_count: 1, use_amount: 100_000 }
  expect(use(migrated)).toEqual([[row], [row]])
  expect(use(store.database)).toEqual([[row], [row]])
  migrated.close()
})

it('counts by days of Tehran, which begin at half past eight of the evening in UTC', async () => {
  const midnight = Date.UTC(2026, 5, 30, 20, 30)
  await addSale(store, { id: 1, voucherIds: [1], atMs: midnight - 1 }, 'sold')
  await addSale(store, { id: 2, voucherIds: [2, 3], atMs: midnight }, 'sold')
  const migrated = await migratedWith(store.database.prepare('select * from sale').all())
  const row = { use_day: 20260701, use_count: 1, use_amount: 100_000 }
  expect([use(migrated), use(store.database)]).toEqual([
    [[row], [row]],
    [[row], [row]],
  ])
  migrated.close()
})

it('leaves a terminal that never sold at nothing', async () => {
  const migrated = await migratedWith([])
  expect(migrated.prepare('select use_day, use_count from terminal_tally').all()).toEqual([
    { use_day: 0, use_count: 0 },
  ])
  expect(migrated.prepare('select * from merchant_use').all()).toEqual([])
  migrated.close()
})
