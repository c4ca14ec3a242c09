// Opens the SQLite file the only way the money rules allow it: write-ahead log, every commit
// synced, foreign keys on, and a SQLite without the log-reset defect. Anything else refuses to run.
// [nothing-lost, rule 10]

import type Database from 'better-sqlite3'
import { Sqlite } from './sqlite.ts'

/**
 * How the refusal begins; it may come out of the writer's thread, where errors lose their class.
 */
export const UNSAFE = 'the database is not safe to use'

export interface DatabaseFacts {
  readonly sqliteVersion: string
  readonly journalMode: string
  readonly synchronous: number
  readonly foreignKeys: number
  readonly mmapSize: number
}

/** Sixteen times what a log takes that nobody keeps from being begun anew. */
const LOG_BYTES_MOST = 64 << 20

/** The writer's connection. There is one in the process that owns the data directory. */
export function openForWriting(file: string): Database.Database {
  const database = new Sqlite(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  // Checkpoints are the writer's own, because SQLite swallows their errors.
  database.pragma('wal_autocheckpoint = 0')
  // A log that grew under a long read goes back to that when it is begun anew: looked at once then.
  database.pragma(`journal_size_limit = ${LOG_BYTES_MOST}`)
  database.pragma('foreign_keys = ON')
  database.pragma('mmap_size = 0')
  // What sales touch fits: more only keeps it out of the processor's caches, and whoever walks over
  // the pages has more to walk over. The system keeps the rest. [docs/performance.md]
  database.pragma('cache_size = -8192')
  database.pragma('temp_store = MEMORY')
  assertFacts(factsOf(database))
  return database
}

/** A reader beside the writer: sees what is committed, and cannot write. */
export function openForReading(file: string): Database.Database {
  const database = new Sqlite(file, { readonly: true, fileMustExist: true })
  database.pragma('mmap_size = 0')
  return database
}

export function factsOf(database: Database.Database): DatabaseFacts {
  const version = database.prepare('select sqlite_version() as version').get() as {
    version: string
  }
  return {
    sqliteVersion: version.version,
    journalMode: database.pragma('journal_mode', { simple: true }) as string,
    synchronous: database.pragma('synchronous', { simple: true }) as number,
    foreignKeys: database.pragma('foreign_keys', { simple: true }) as number,
    mmapSize: database.pragma('mmap_size', { simple: true }) as number,
  }
}

export function assertFacts(facts: DatabaseFacts): void {
  const wrong: string[] = []
  if (facts.journalMode !== 'wal') wrong.push(`journal_mode is ${facts.journalMode}, not wal`)
  if (facts.synchronous !== 2) wrong.push(`synchronous is ${facts.synchronous}, not FULL (2)`)
  if (facts.foreignKeys !== 1) wrong.push('foreign_keys is off')
  if (facts.mmapSize !== 0) wrong.push(`mmap_size is ${facts.mmapSize}, not 0`)
  if (!goodVersion(facts.sqliteVersion)) {
    wrong.push(`SQLite ${facts.sqliteVersion}: 3.51.3 or later and not 3.52.0 is needed`)
  }
  if (wrong.length > 0) throw new Error(`${UNSAFE}: ${wrong.join('; ')}`)
}

/** 3.51.3 or later, not 3.52.0: versions before lose commits when the log is reset. */
export function goodVersion(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  if (major === 3 && minor === 52 && patch === 0) return false
  return major * 1_000_000 + minor * 1_000 + patch >= 3_051_003
}
