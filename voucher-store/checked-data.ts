// Everything that must hold of a data directory before its writer starts: key file, mark and newest
// records, schema, keys, and what was written since the last signed checkpoint. The caller owns the
// directory; what does not hold is told with a code that `docs/errors.md` explains.
//
// The log is looked at before anything may write, and left to the writer: of a log with a damaged
// place SQLite would move only what is before that place, and remove it.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { removeCopy } from './backup/backup-file.ts'
import { type CodedError, isDamage } from './file-errors.ts'
import { nameLog } from './log-file.ts'
import { openForReading } from './open-database.ts'
import { checkTail, readMark } from './outside-mark.ts'
import { removeScratch } from './reports/rebuild.ts'
import { migrate } from './schema/migrate.ts'
import { shapeProblems } from './schema/shape.ts'
import { CHECKPOINT_FILE, checkSinceSigned, readCheckpoint } from './signed-checkpoint.ts'
import type { Kek } from './vault/kek.ts'
import type { KekProblem } from './vault/kek-file.ts'
import { type KekPlace, nameOfKek, type OpenedKeys, openKeys, readKek } from './vault/kek-source.ts'
import { wrappedKeys } from './vault/key-rows.ts'
import { readHead } from './writer/chain.ts'

export const DATABASE_FILE = 'evs.db'

export interface CheckedData extends OpenedKeys {
  readonly file: string
  /** Read-only. */
  readonly database: Database.Database
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
  readonly hint?: string
}

export interface DataPlace extends KekPlace {
  readonly directory: string
  /** By `evs init`, which fills it: a database with neither records nor keys. */
  readonly isNew?: boolean | undefined
}

/** Throws what SQLite says; `damaged` tells of what. */
export async function checkData(place: DataPlace): Promise<CheckedData | StoreProblem> {
  const file = join(place.directory, DATABASE_FILE)
  removeCopy(file)
  removeScratch(file)
  const kek = readKek(place)
  if (kek.kind === 'problem') return kekProblem(kek)
  nameLog(file)
  const database = openForReading(file)
  try {
    const checked = await checkOpened(place, { file, database }, kek.kek)
    if ('kind' in checked) database.close()
    return checked
  } catch (error) {
    database.close()
    throw error
  }
}

async function checkOpened(
  place: DataPlace,
  opened: Opened,
  kek: Kek,
): Promise<CheckedData | StoreProblem> {
  const { file, database } = opened
  // From its first read on this connection holds the log: closing the schema's, which would be the
  // last one, would move the log into the database and keep to itself that a sync failed there.
  const damage = damageOf(place.directory, database)
  if (damage !== undefined) return problem('JOURNAL_BROKEN', damage)
  const schema = await migrate(file)
  if (schema.kind === 'too-new') {
    return problem('SCHEMA_TOO_NEW', `unknown migrations: ${schema.unknown.join(', ')}`)
  }
  const [changed] = shapeProblems(database)
  if (changed !== undefined) return problem('JOURNAL_BROKEN', `the schema of ${file}: ${changed}`)
  const rows = wrappedKeys(database)
  if (rows.length === 0 && place.isNew !== true) return keyless(place, opened)
  const keys = openKeys(place, kek, rows)
  if (keys === undefined) {
    return problem('KEK_WRONG', `${nameOfKek(place)} does not open the keys of ${file}`)
  }
  const checkpoint = readCheckpoint(place.directory, keys.ring)
  const broken = checkSinceSigned(database, checkpoint)
  if (broken !== undefined) return problem('JOURNAL_BROKEN', broken)
  const isStrange = checkpoint.kind === 'missing' && readHead(database).jseq > 0
  const notices = isStrange ? [...keys.notices, NO_CHECKPOINT] : keys.notices
  return { ...opened, ...keys, notices }
}

/**
 * What an `evs init` left that was cut off between the schema and the first record: it is begun
 * anew, whatever is there. One that cannot be read is not for `evs init` to judge.
 */
export function isUnfilled(directory: string): boolean {
  const file = join(directory, DATABASE_FILE)
  if (!existsSync(file)) return noDatabase(directory).isNew
  let database: Database.Database | undefined
  try {
    database = openForReading(file)
    return !hasJournal(database) || (isEmpty(database) && wrappedKeys(database).length === 0)
  } catch (error) {
    damaged(error, directory)
    return false
  } finally {
    database?.close()
  }
}

/**
 * A directory without a database. A restore moves the old one aside before its log: cut off there
 * it leaves the log, which SQLite would remove beside a new database, or a mark that names records.
 */
export function noDatabase(directory: string): { isNew: boolean; why: StoreProblem } {
  const file = join(directory, DATABASE_FILE)
  const jseq = readMark(directory)?.jseq ?? 0
  const left = [
    ...(existsSync(`${file}-wal`) ? ['its log is there'] : []),
    ...(jseq > 0 ? [`its mark names record ${jseq}`] : []),
  ]
  const why = problem('DATA_MISSING', [`there is no ${file}`, ...left].join(', and '))
  if (left.length === 0) return { isNew: true, why }
  const hint = 'where a restore was cut off, run the restore again; `evs init` fills no such folder'
  return { isNew: false, why: { ...why, hint } }
}

type Opened = Omit<CheckedData, keyof OpenedKeys>

function keyless({ kekToken }: DataPlace, { file, database }: Opened): StoreProblem {
  if (!isEmpty(database)) return problem('JOURNAL_BROKEN', `${file} has records, but no keys`)
  // Made before the record that names them, and no init takes keys that are there.
  const first = kekToken === undefined ? '' : 'destroy the keys that it made in the token, then '
  const hint = `${first}\`evs init --force\` fills it; after a loss restore a backup instead`
  const message = `${file} has neither records nor keys: an evs init was cut off`
  return { ...problem('DATA_MISSING', message), hint }
}

function isEmpty(database: Database.Database): boolean {
  return readHead(database).jseq === 0
}

/** As before the first start of this version; later on something took it. */
const NO_CHECKPOINT =
  `there is no ${CHECKPOINT_FILE}: of the time before its newest records ` +
  'this journal is not shown to be the one that was written'

/** Why there is no key, with a way out. */
export function kekProblem(kek: KekProblem): StoreProblem {
  if (kek.exposed === true) return problem('KEK_EXPOSED', kek.message)
  if (kek.fromCommand !== true) return problem('KEK_MISSING', kek.message)
  const hint = 'run vault.kekCommand by hand as the user of the switch: 64 hex characters, exit 0'
  return { ...problem('KEK_MISSING', kek.message), hint }
}

/** The problem that an error is when it tells of a damaged file; any other is thrown again. */
export function damaged(error: unknown, directory: string): StoreProblem {
  if (!isDamage(error as CodedError)) throw error
  const file = join(directory, DATABASE_FILE)
  return problem('JOURNAL_BROKEN', `${file} is damaged: ${(error as Error).message}`)
}

function damageOf(directory: string, database: Database.Database): string | undefined {
  const mark = readMark(directory)
  if (hasJournal(database)) return checkTail(database, mark)
  // A file that `init` made and had no time to fill, unless there was more in it once.
  if ((mark?.jseq ?? 0) === 0) return undefined
  return `${database.name} has no journal, and its mark names one`
}

function hasJournal(database: Database.Database): boolean {
  const table = "select 1 from sqlite_master where type = 'table' and name = 'journal'"
  return database.prepare(table).get() !== undefined
}

export function problem(code: StoreProblem['code'], message: string): StoreProblem {
  return { kind: 'problem', code, message }
}
