// Single values that belong to the store as a whole, such as its epoch: one row each, by name. Read
// here only; they are written in the commits of what they belong to.

import type Database from 'better-sqlite3'

export function metaOf(database: Database.Database, name: string): string | undefined {
  return database.prepare('select value from meta where name = ?').pluck().get(name) as
    | string
    | undefined
}

/** Raised by every restore. */
export function epochOf(database: Database.Database): number {
  return Number(metaOf(database, 'epoch') ?? '1')
}
