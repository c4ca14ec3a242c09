// Opens the store for the one process that owns it: lock, schema, mark and chain, keys, writer
// thread, reader. Everything that must hold before a sale is checked here, and what does not hold
// is told with a code that `docs/errors.md` explains.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { removeCopy } from './backup/backup-file.ts'
import { removeUnfinishedImports } from './import.ts'
import { nameLog } from './log-file.ts'
import { epochOf } from './meta.ts'
import { type DatabaseFacts, openForReading } from './open-database.ts'
import { checkTail, MarkKeeper, readMark } from './outside-mark.ts'
import { lockDataDirectory, type OwnerLock } from './owner-lock.ts'
import { SqliteSaleReader } from './reading/sale-reader.ts'
import { SqliteStockReader } from './reading/stock-reader.ts'
import { migrate } from './schema/migrate.ts'
import { readKekFile } from './vault/kek-file.ts'
import { KeyRing, SqliteVault, type WrappedKey } from './vault/vault.ts'
import { readHead } from './writer/chain.ts'
import { JournalClient } from './writer/journal-client.ts'

export const DATABASE_FILE = 'evs.db'

export interface Store {
  readonly directory: string
  readonly file: string
  readonly facts: DatabaseFacts
  readonly epoch: number
  readonly journal: JournalClient
  /** The read-only connection of this thread. */
  readonly database: Database.Database
  readonly sales: SqliteSaleReader
  readonly stock: SqliteStockReader
  readonly kek: Buffer
  readonly ring: KeyRing
  readonly vault: SqliteVault
  close(): Promise<void>
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

export interface StoreOptions {
  readonly directory: string
  readonly kekFile: string
  readonly groupMost: number
  readonly queueMost: number
  /** Runs something about a second later; cancels by the returned function. */
  readonly later: (run: () => void) => () => void
  readonly onFatal: (why: string) => void
  readonly onGroup?: (records: number) => void
}

export async function openStore(options: StoreOptions): Promise<Store | StoreProblem> {
  const file = join(options.directory, DATABASE_FILE)
  if (!existsSync(file)) {
    return problem('DATA_MISSING', `there is no ${file}`)
  }
  const lock = lockDataDirectory(options.directory)
  if (lock === undefined) {
    return problem('DATA_LOCKED', `another process owns ${options.directory}`)
  }
  try {
    return await openLocked(options, file, lock)
  } catch (error) {
    lock.release()
    if (!isDamage(error)) throw error
    return problem('JOURNAL_BROKEN', `${file} is damaged: ${(error as Error).message}`)
  }
}

/** SQLite itself says that the file is not what it wrote. [nothing-lost, row 36] */
function isDamage(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(String((error as { code?: unknown }).code))
}

async function openLocked(
  options: StoreOptions,
  file: string,
  lock: OwnerLock,
): Promise<Store | StoreProblem> {
  const refuse = (code: StoreProblem['code'], message: string): StoreProblem => {
    lock.release()
    return problem(code, message)
  }
  removeCopy(file)
  const kek = readKekFile(options.kekFile)
  if (kek.kind === 'problem') {
    return refuse(kek.exposed ? 'KEK_EXPOSED' : 'KEK_MISSING', kek.message)
  }
  nameLog(file)
  const database = openForReading(file)
  // While it has read, it holds the log: the last writer to close would move the log into the
  // database, and swallow a sync that fails. Only the writer's own checkpoints do that.
  database.prepare('select count(*) from sqlite_schema').get()
  const schema = await migrate(file)
  if (schema.kind === 'too-new') {
    database.close()
    return refuse('SCHEMA_TOO_NEW', `unknown migrations: ${schema.unknown.join(', ')}`)
  }
  const rows = database.prepare('select id, purpose, wrapped from vault_key').all()
  const ring = KeyRing.open(kek.key, rows as WrappedKey[])
  const damage = checkTail(database, readMark(options.directory))
  if (ring === undefined || damage !== undefined) {
    database.close()
    if (damage !== undefined) return refuse('JOURNAL_BROKEN', damage)
    return refuse('KEK_WRONG', `${options.kekFile} does not open the keys of ${file}`)
  }
  const epoch = epochOf(database)
  const { directory, later } = options
  const marks = new MarkKeeper({ directory, epoch, head: readHead(database), later })
  const { journal, facts } = await JournalClient.open({
    file,
    groupMost: options.groupMost,
    queueMost: options.queueMost,
    onFatal: options.onFatal,
    onCommitted: (head, records) => {
      marks.committed(head)
      options.onGroup?.(records)
    },
  })
  await removeUnfinishedImports({ journal, database })
  const stock = new SqliteStockReader(database)
  return {
    ...{ directory, file, facts, epoch, journal, database, kek: kek.key, ring },
    sales: new SqliteSaleReader(database),
    stock,
    vault: new SqliteVault(ring, (id) => stock.byId(id)),
    close: async () => {
      await journal.close()
      marks.final()
      database.close()
      lock.release()
    },
  }
}

function problem(code: StoreProblem['code'], message: string): StoreProblem {
  return { kind: 'problem', code, message }
}
