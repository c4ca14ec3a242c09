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

export class Checkpoints {
  readonly #database: Database.Database
  readonly #count: Database.Statement

  constructor(database: Database.Database) {
    this.#database = database
    // The size of the file does not tell: what was moved stays in it until it is written over, so
    // that after the first time the file is always large.
    // [SQLite, SQLITE_CHECKPOINT_NOOP] Only counts.
    this.#count = database.prepare('pragma wal_checkpoint(NOOP)')
  }

  /**
   * Call it between two groups. Gives what SQLite says when the log stays where it is for want of
   * room, and throws what else it says.
   */
  whenGrown(pages = LOG_PAGES): string | undefined {
    const { log, checkpointed } = this.#count.get() as LogState
    if (log - checkpointed < pages) return undefined
    return this.#move('PASSIVE')
  }

  /** After the last group, so that the log is left empty where there is room. */
  atEnd(): void {
    this.#move('TRUNCATE')
  }

  #move(how: 'PASSIVE' | 'TRUNCATE'): string | undefined {
    try {
      this.#database.pragma(`wal_checkpoint(${how})`)
      return undefined
    } catch (error) {
      if (isFull(error)) return textOf(error)
      throw error
    }
  }
}
