// Moves the write-ahead log into the database when it has grown, after a group and never inside a
// commit. SQLite would do it by itself and keep its errors to itself: a sync that failed there and
// is tried again may lie. Here it is thrown, and ends the process. [nothing-lost, rule 10]
//
// A disk without room for the database to grow is no such error: the log has everything, and it is
// tried again after the next group. Until then the log grows, into the room that the ballast
// leaves; where that ends, groups are refused.

import type Database from 'better-sqlite3'
import { isFull, textOf } from './group-commit.ts'

/** As SQLite's own default has it. */
const LOG_PAGES = 1_000

interface LogState {
  /** Pages in the log, and how many of them the database has. */
  readonly log: number
  readonly checkpointed: number
}

/**
 * Call it between two groups. Gives what SQLite says when the log stays where it is for want of
 * room, and throws what else it says.
 */
export function checkpointWhenGrown(
  database: Database.Database,
  pages = LOG_PAGES,
): string | undefined {
  // The size of the file does not tell: what was moved stays in it until it is written over, so
  // that after the first time the file is always large.
  // [SQLite, SQLITE_CHECKPOINT_NOOP] Only counts.
  const [state] = database.pragma('wal_checkpoint(NOOP)') as [LogState]
  if (state.log - state.checkpointed < pages) return undefined
  return moved(database, 'PASSIVE')
}

/** After the last group, so that the log is left empty where there is room. */
export function checkpointAtEnd(database: Database.Database): void {
  moved(database, 'TRUNCATE')
}

function moved(database: Database.Database, how: 'PASSIVE' | 'TRUNCATE'): string | undefined {
  try {
    database.pragma(`wal_checkpoint(${how})`)
    return undefined
  } catch (error) {
    if (isFull(error)) return textOf(error)
    throw error
  }
}
