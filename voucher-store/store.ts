// Opens the store for the one process that owns it: lock, what must hold before a sale, writer
// thread, reader. What does not hold is told with a code that `docs/errors.md` explains.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import {
  type CheckedData,
  checkData,
  DATABASE_FILE,
  type DataPlace,
  damaged,
  noDatabase,
  problem,
  type StoreProblem,
} from './checked-data.ts'
import { epochOf } from './meta.ts'
import type { DatabaseFacts } from './open-database.ts'
import { lockDataDirectory, type OwnerLock } from './owner-lock.ts'
import { SqliteSaleReader } from './reading/sale-reader.ts'
import { SqliteStockReader } from './reading/stock-reader.ts'
import { CheckpointSigner } from './signed-checkpoint.ts'
import type { Kek } from './vault/kek.ts'
import type { KekPlace } from './vault/kek-source.ts'
import { rotationOf } from './vault/rotation-state.ts'
import { type KeyRing, SqliteVault } from './vault/vault.ts'
import { newestMsOf, readHead } from './writer/chain.ts'
import { type Gathering, JournalClient } from './writer/journal-client.ts'

export interface Store {
  readonly directory: string
  readonly file: string
  readonly facts: DatabaseFacts
  readonly epoch: number
  readonly journal: JournalClient
  /** The time that the newest record has of those that were there at the opening. */
  readonly newestMs: number | undefined
  /** The read-only connection of this thread. */
  readonly database: Database.Database
  readonly sales: SqliteSaleReader
  readonly stock: SqliteStockReader
  /** The present one: a rotation replaces it. */
  readonly kek: Kek
  readonly kekPlace: KekPlace
  readonly ring: KeyRing
  readonly vault: SqliteVault
  /** What an administrator should hear of at the start. */
  readonly notices: readonly string[]
  /** Every key of the store is wrapped under it now. */
  replaceKek(kek: Kek): void
  close(): Promise<void>
}

export interface StoreOptions extends DataPlace {
  readonly groupMost: number
  readonly queueMost: number
  readonly gathering?: Gathering
  readonly onFatal: (why: string) => void
  readonly onGroup?: (records: number) => void
}

export async function openStore(options: StoreOptions): Promise<Store | StoreProblem> {
  const file = join(options.directory, DATABASE_FILE)
  if (!existsSync(file)) return noDatabase(options.directory).why
  const lock = lockDataDirectory(options.directory)
  if (lock === undefined) {
    return problem('DATA_LOCKED', `another process owns ${options.directory}`)
  }
  try {
    const data = await checkData(options)
    if (!('kind' in data)) return await openChecked(options, data, lock)
    lock.release()
    return data
  } catch (error) {
    lock.release()
    return damaged(error, options.directory)
  }
}

async function openChecked(
  options: StoreOptions,
  { file, database, kek: firstKek, ring, notices }: CheckedData,
  lock: OwnerLock,
): Promise<Store> {
  const newestMs = newestMsOf(database)
  const signer = new CheckpointSigner(options.directory, ring, readHead(database))
  const { journal, facts } = await JournalClient.open({
    file,
    groupMost: options.groupMost,
    queueMost: options.queueMost,
    gathering: options.gathering,
    onFatal: options.onFatal,
    onCommitted: (head, records) => {
      signer.committed(head)
      options.onGroup?.(records)
    },
  })
  const stock = new SqliteStockReader(database)
  const { kekFile, kekCommand, kekToken } = options
  let kek = firstKek
  return {
    ...{ directory: options.directory, file, facts, epoch: epochOf(database) },
    ...{ journal, database, ring, newestMs },
    notices: [...notices, ...unfinished(database)],
    get kek() {
      return kek
    },
    kekPlace: { kekFile, kekCommand, kekToken },
    replaceKek: (next) => {
      kek = next
    },
    sales: new SqliteSaleReader(database),
    stock,
    vault: new SqliteVault(ring, (id) => stock.byId(id)),
    close: async () => {
      await journal.close()
      signer.close()
      database.close()
      lock.release()
    },
  }
}

function unfinished(database: Database.Database): string[] {
  const rotation = rotationOf(database)
  if (rotation === undefined) return []
  const flag = rotation.batch === null ? '--all' : `--batch ${rotation.batch}`
  return [`a rotation of data keys is not done: evs vault rotate data ${flag} goes on with it`]
}
