// Makes a backup of the store while it is in use: a copy of one moment by VACUUM INTO, then
// sealed into one file. Runs on the report thread. The copy in between lies in the data directory
// with mode 0600 and goes at the end; what is secret in it is sealed there as in the store
// itself.

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type Database from 'better-sqlite3'
import { epochOf } from '../meta.ts'
import { openForReading } from '../open-database.ts'
import { syncDirectory } from '../sync-directory.ts'
import { wrappedKeys } from '../vault/key-rows.ts'
import { KeyRing, wrapNewKey } from '../vault/vault.ts'
import { readHead } from '../writer/chain.ts'
import { type BackupHeader, frontOf, sealPieces } from './backup-format.ts'

export interface BackupFacts {
  readonly file: string
  readonly bytes: number
  readonly jseq: number
  readonly epoch: number
}

export interface BackupOrder {
  /** The database file; the copy in between lies beside it. */
  readonly file: string
  readonly target: string
  readonly kek: Buffer
  readonly createdMs: number
}

export function writeBackup(
  database: Database.Database,
  { file, target, kek, createdMs }: BackupOrder,
): BackupFacts | { readonly exists: true } | { readonly otherKek: true } {
  if (existsSync(target)) return { exists: true }
  const copy = copyOf(file)
  removeCopy(file)
  // VACUUM INTO takes an empty file: made first, so that nobody else may ever read it.
  closeSync(openSync(copy, 'wx', 0o600))
  try {
    database.prepare('vacuum into ?').run(copy)
    // The key-encryption key was rotated since this was asked for: what it seals must open it too.
    if (!opensKeysOf(copy, kek)) return { otherKek: true }
    return sealCopy(copy, { target, kek, createdMs })
  } finally {
    removeCopy(file)
  }
}

/** What a backup that was cut off left in the data directory. */
export function removeCopy(file: string): void {
  rmSync(copyOf(file), { force: true })
}

function copyOf(file: string): string {
  return `${file}.backup-copy`
}

function sealCopy(
  copy: string,
  { target, kek, createdMs }: Omit<BackupOrder, 'file'>,
): BackupFacts {
  const { epoch, jseq, hash } = headOf(copy)
  const wrapped = wrapNewKey(kek, 0, 'backup')
  const key = KeyRing.open(kek, [wrapped])?.byId(0)
  if (key === undefined) throw new Error('the key of the backup does not open')
  const header: BackupHeader = {
    format: 1,
    ...{ epoch, jseq, hash, createdMs },
    bytes: statSync(copy).size,
    key: wrapped.wrapped.toString('hex'),
  }
  const front = frontOf(header)
  const part = `${target}.part`
  const from = openSync(copy, 'r')
  const to = openSync(part, 'w', 0o600)
  try {
    writeSync(to, front)
    sealPieces(key.key, front, from, to)
    fsyncSync(to)
  } finally {
    closeSync(from)
    closeSync(to)
  }
  renameSync(part, target)
  syncDirectory(dirname(target))
  return { file: target, bytes: statSync(target).size, jseq, epoch }
}

function opensKeysOf(copy: string, kek: Buffer): boolean {
  const database = openForReading(copy)
  try {
    return KeyRing.open(kek, wrappedKeys(database)) !== undefined
  } finally {
    database.close()
  }
}

/** What the copy itself says: it may be newer than what was asked for, never older. */
function headOf(copy: string): { epoch: number; jseq: number; hash: string } {
  const database = openForReading(copy)
  try {
    const { jseq, hash } = readHead(database)
    return { epoch: epochOf(database), jseq, hash: Buffer.from(hash).toString('hex') }
  } finally {
    database.close()
  }
}
