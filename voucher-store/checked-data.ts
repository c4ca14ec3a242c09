// Everything that must hold of a data directory before its writer starts: key file, mark and newest
// records, schema, keys. The caller owns the directory; what does not hold is told with a code that
// `docs/errors.md` explains.
//
// The log is looked at before anything may write: opening for the schema moves it into the database
// and removes it, and of a log with a damaged place only what is before that place.

import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { removeCopy } from './backup/backup-file.ts'
import { openForReading } from './open-database.ts'
import { checkTail, readMark } from './outside-mark.ts'
import { migrate } from './schema/migrate.ts'
import { shapeProblems } from './schema/shape.ts'
import { readKekFile } from './vault/kek-file.ts'
import { KeyRing, type WrappedKey } from './vault/vault.ts'

export const DATABASE_FILE = 'evs.db'

export interface CheckedData {
  readonly file: string
  /** Read-only. */
  readonly database: Database.Database
  readonly kek: Buffer
  readonly ring: KeyRing
}

export type StoreProblem = {
  readonly kind: 'problem'
  readonly code:
    | 'DATA_LOCKED'
    | 'DATA_MISSING'
    | 'KEK_MISSING'
    | 'KEK_EXPOSED'
    | 'KEK_WRONG'
    | 'SCHEMA_TOO_NEW'
    | 'JOURNAL_BROKEN'
  readonly message: string
}

export interface DataPlace {
  readonly directory: string
  readonly kekFile: string
}

/** Throws what SQLite says; `damaged` tells of what. */
export async function checkData({
  directory,
  kekFile,
}: DataPlace): Promise<CheckedData | StoreProblem> {
  const file = join(directory, DATABASE_FILE)
  removeCopy(file)
  const kek = readKekFile(kekFile)
  if (kek.kind === 'problem') {
    return problem(kek.exposed ? 'KEK_EXPOSED' : 'KEK_MISSING', kek.message)
  }
  const damage = damageOf(directory, file)
  if (damage !== undefined) return problem('JOURNAL_BROKEN', damage)
  const schema = await migrate(file)
  if (schema.kind === 'too-new') {
    return problem('SCHEMA_TOO_NEW', `unknown migrations: ${schema.unknown.join(', ')}`)
  }
  const database = openForReading(file)
  const [changed] = shapeProblems(database)
  const ring = KeyRing.open(kek.key, wrappedKeys(database))
  if (changed === undefined && ring !== undefined) return { file, database, kek: kek.key, ring }
  database.close()
  if (changed !== undefined) return problem('JOURNAL_BROKEN', `the schema of ${file}: ${changed}`)
  return problem('KEK_WRONG', `${kekFile} does not open the keys of ${file}`)
}

/** The problem that an error is when it tells of a damaged file; any other is thrown again. */
export function damaged(error: unknown, directory: string): StoreProblem {
  if (!isDamage(error)) throw error
  const file = join(directory, DATABASE_FILE)
  return problem('JOURNAL_BROKEN', `${file} is damaged: ${(error as Error).message}`)
}

function damageOf(directory: string, file: string): string | undefined {
  const mark = readMark(directory)
  const database = openForReading(file)
  try {
    if (hasJournal(database)) return checkTail(database, mark)
    // A file that `init` made and had no time to fill, unless there was more in it once.
    return (mark?.jseq ?? 0) === 0 ? undefined : `${file} has no journal, and its mark names one`
  } finally {
    database.close()
  }
}

function hasJournal(database: Database.Database): boolean {
  const table = "select 1 from sqlite_master where type = 'table' and name = 'journal'"
  return database.prepare(table).get() !== undefined
}

function wrappedKeys(database: Database.Database): WrappedKey[] {
  return database.prepare('select id, purpose, wrapped from vault_key').all() as WrappedKey[]
}

/**
 * SQLite itself says that the file is not what it wrote, or ends too soon, or that its schema is
 * not the one that the migrations made. [nothing-lost, row 36]
 */
function isDamage(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (/^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(String(code))) return true
  return code === 'SQLITE_ERROR' && /no such (table|column)|malformed/.test(String(message))
}

export function problem(code: StoreProblem['code'], message: string): StoreProblem {
  return { kind: 'problem', code, message }
}
