// Moves the write-ahead log into the database when it has grown, after a group and never inside a
// commit. SQLite would do it by itself and keep its errors to itself: a sync that failed there and
// is tried again may lie. Here it is thrown, and ends the process. [nothing-lost, rule 10]
//
// How much waits is asked of SQLite. The size of the file does not tell: what was moved stays in it
// until it is written over, so that after the first time the file is always large.

import type Database from 'better-sqlite3'

/** As SQLite's own default has it. */
const LOG_PAGES = 1_000

interface LogState {
  /** Pages in the log, and how many of them the database has. */
  readonly log: number
  readonly checkpointed: number
}

/** Call it between two groups; throws what SQLite says. */
export function checkpointWhenGrown(database: Database.Database, pages = LOG_PAGES): void {
  // [SQLite, SQLITE_CHECKPOINT_NOOP] Only counts.
  const [state] = database.pragma('wal_checkpoint(NOOP)') as [LogState]
  if (state.log - state.checkpointed < pages) return
  database.pragma('wal_checkpoint(PASSIVE)')
}
