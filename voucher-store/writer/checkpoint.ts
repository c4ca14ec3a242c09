// Moves the write-ahead log into the database when it has grown, after a group and never inside a
// commit. SQLite would do it by itself and keep its errors to itself: a sync that failed there and
// is tried again may lie. Here it is thrown, and ends the process. [nothing-lost, rule 10]

import { statSync } from 'node:fs'
import type Database from 'better-sqlite3'

/** A thousand pages, as SQLite's own default has it. */
const LOG_BYTES = 4 << 20

/** Call it between two groups; throws what SQLite says. */
export function checkpointWhenGrown(database: Database.Database, bytes = LOG_BYTES): void {
  const size = statSync(`${database.name}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if (size >= bytes) database.pragma('wal_checkpoint(PASSIVE)')
}
