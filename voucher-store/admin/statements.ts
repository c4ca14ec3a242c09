// SQL of administration, built by knex without a connection: reads run on a read-only connection of
// this process, writes go to the writer inside an admin record. Nothing here decides anything.

import type Database from 'better-sqlite3'
import knex, { type Knex } from 'knex'
import type { Statement } from '../store-record.ts'

/** Builds only; it never connects. */
export const sql: Knex = knex({ client: 'better-sqlite3', useNullAsDefault: true })

/** Anything that knex can turn into SQL. */
interface Built {
  toSQL(): { toNative(): Knex.SqlNative }
}

/** A write for an admin record; `expect` refuses the whole record on another number of rows. */
export function statement(query: Built, expect?: number): Statement {
  const { sql: text, bindings } = query.toSQL().toNative()
  return expect === undefined ? { sql: text, bindings } : { sql: text, bindings, expect }
}

/** A write of keys: the journal keeps neither its text nor its bindings. */
export function unkept(query: Built, expect?: number): Statement {
  return { ...statement(query, expect), unkept: true }
}

export function readAll<Row>(database: Database.Database, query: Built): Row[] {
  const { sql: text, bindings } = query.toSQL().toNative()
  return database.prepare(text).all(...bindings) as Row[]
}

export function readOne<Row>(database: Database.Database, query: Built): Row | undefined {
  const { sql: text, bindings } = query.toSQL().toNative()
  return database.prepare(text).get(...bindings) as Row | undefined
}

/** One binding for however many values: SQLite takes 32,766 of them. */
export function isAmong(column: string, values: Iterable<number>) {
  const list = JSON.stringify([...values])
  return sql.raw('?? in (select value from json_each(?))', [column, list])
}

/** The next id of a table that counts upwards and never gives an id twice. */
export function nextId(
  database: Database.Database,
  table: 'batch' | 'lot' | 'vault_key' | 'login' | 'login_password',
): number {
  const row = readOne<{ seq: number }>(
    database,
    sql('sqlite_sequence').select('seq').where({ name: table }),
  )
  return (row?.seq ?? 0) + 1
}
