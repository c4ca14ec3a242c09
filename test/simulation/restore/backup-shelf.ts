// The backups of one simulated store and what a loss leaves of its data directory: files in a
// folder of their own, made and read by the product. What the folder holds before a restore is the
// seed's choice: the old database or none, its mark, an older mark, or none.
//
// Of each backup's moment the database is kept as it stood, and the product makes the backup of it
// when it is first wanted: three of four never are.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { backupKey, writeBackup } from '../../../voucher-store/backup/backup-file.ts'
import type { RestoreResult } from '../../../voucher-store/backup/restore.ts'
import { DATABASE_FILE } from '../../../voucher-store/checked-data.ts'
import { epochOf } from '../../../voucher-store/meta.ts'
import { openForReading } from '../../../voucher-store/open-database.ts'
import { type OutsideMark, writeMark } from '../../../voucher-store/outside-mark.ts'
import { readHead } from '../../../voucher-store/writer/chain.ts'
import { TEST_KEK } from '../sim-store.ts'
import { restoreNow } from './restorer.ts'

/** What is left when the switch is gone. */
export interface Remains {
  readonly database: 'gone' | 'garbled' | 'readable'
  /** `behind`: a power cut took the bytes of the newest ones, down to the backup's own. */
  readonly mark: 'kept' | 'behind' | 'gone'
  /** The last life ended orderly: its mark says so. */
  readonly final: boolean
}

export interface BackupLabel {
  readonly number: number
  readonly mark: OutsideMark
}

/** Nothing here has to outlive the process: a file system in memory, where there is one. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export class BackupShelf {
  readonly #folder = mkdtempSync(join(PLACE, 'evs-sim-'))
  /** When each was ordered, by its number less one. */
  readonly #orderedMs: number[] = []
  readonly #atExit = () => this.#clear()

  constructor() {
    process.once('exit', this.#atExit)
  }

  make(database: Database.Database, createdMs: number): BackupLabel {
    const number = this.#orderedMs.push(createdMs)
    writeFileSync(this.#momentOf(number), database.serialize())
    return { number, mark: markOf(database, false) }
  }

  /** The restored database's bytes, as a database in memory opens them. */
  restore(
    database: Database.Database,
    { number, mark }: BackupLabel,
    remains: Remains,
    atMs: number,
  ): { result: Extract<RestoreResult, { kind: 'restored' }>; image: Buffer } {
    const directory = join(this.#folder, 'data')
    rmSync(directory, { recursive: true, force: true })
    mkdirSync(directory)
    const file = join(directory, DATABASE_FILE)
    if (remains.database === 'readable') writeFileSync(file, database.serialize())
    if (remains.database === 'garbled') writeFileSync(file, Buffer.alloc(8_192, 0xa5))
    if (remains.mark === 'kept') writeMark(directory, markOf(database, remains.final))
    if (remains.mark === 'behind') writeMark(directory, mark)
    const backup = this.#backup(number)
    const result = restoreNow({ directory, backup, kek: TEST_KEK, by: 'administrator', atMs })
    if (result.kind === 'problem') throw new Error(`not restored: ${result.message}`)
    const image = readFileSync(file)
    // A database in memory has no write-ahead log: bytes 18 and 19 say that this one needs none.
    image[18] = 1
    image[19] = 1
    return { result, image }
  }

  remove(): void {
    process.off('exit', this.#atExit)
    this.#clear()
  }

  #clear(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** As the report thread makes it: by a connection of its own, beside the writer's. */
  #backup(number: number): string {
    const target = join(this.#folder, `backup-${number}`)
    if (existsSync(target)) return target
    const file = this.#momentOf(number)
    const database = openForReading(file)
    const createdMs = this.#orderedMs[number - 1] ?? 0
    const key = backupKey(TEST_KEK, database)
    if (key === undefined) throw new Error('the keys do not open')
    const facts = writeBackup(database, { file, target, key, createdMs })
    database.close()
    rmSync(file)
    if (!('bytes' in facts)) throw new Error('the backup was not made')
    return target
  }

  #momentOf(number: number): string {
    return join(this.#folder, `moment-${number}`)
  }
}

function markOf(database: Database.Database, final: boolean): OutsideMark {
  const { jseq, hash } = readHead(database)
  return { epoch: epochOf(database), jseq, hash: Buffer.from(hash).toString('hex'), final }
}
