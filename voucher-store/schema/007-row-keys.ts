// The number that names a row becomes the row's own place in its table. SQLite does that for a key
// of the type `integer` alone: one of the type `bigint` was an index beside the table, one more
// page to write in every commit and one more search for every row that is asked for by its number.
//
// Neither values nor other columns and indexes change. It writes the tables anew, in one
// transaction: a large store takes minutes for it, and up to twice as much room as it has, once.

import type { Knex } from 'knex'

const KEYS = {
  ...{ journal: 'jseq', voucher: 'id', sale: 'id' },
  ...{ reversal: 'sale', refund: 'sale', day_end: 'id' },
}

async function up(knex: Knex): Promise<void> {
  for (const [table, key] of Object.entries(KEYS)) await rewrite(knex, table, key)
}

async function rewrite(knex: Knex, table: string, key: string): Promise<void> {
  const columns = await textsOf(knex, 'table', table)
  const indexes = await textsOf(knex, 'index', table)
  const scratch = `${table}_anew`
  const anew = columns[0]?.replace(
    new RegExp(`^create table .${table}. \\(.${key}. bigint`, 'i'),
    `create table "${scratch}" ("${key}" integer`,
  )
  if (anew === undefined || anew === columns[0]) {
    throw new Error(`table ${table} is not as it was made: its key cannot be changed`)
  }
  await knex.raw(anew)
  await knex.raw(`insert into "${scratch}" select * from "${table}" order by "${key}"`)
  await knex.raw(`drop table "${table}"`)
  await knex.raw(`alter table "${scratch}" rename to "${table}"`)
  // After the rows: sorted once is faster than each into its place.
  for (const index of indexes) await knex.raw(index)
}

/** The index of a key has no text of its own. */
async function textsOf(knex: Knex, type: 'table' | 'index', table: string): Promise<string[]> {
  const rows = await knex('sqlite_master')
    .where({ type, tbl_name: table })
    .whereNotNull('sql')
    .select('sql')
  return rows.map(({ sql }) => String(sql))
}

async function down(): Promise<void> {
  throw new Error('a schema is not taken down: restore a backup instead')
}

export const rowKeys = { up, down }
