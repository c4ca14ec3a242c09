// Makes a backup of the store while it is in use: a copy of one moment by VACUUM INTO, then
// sealed into one file. Runs on the report thread, which never has the key-encryption key: it gets
// the backup's own key, and how that one and the keys of the store are wrapped. The copy in between
// lies in the data directory with mode 0600 and goes at the end; what is secret in it is sealed
// there as in the store itself.

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type Database from 'better-sqlite3'
import { epochOf } from '../meta.ts'
import { openForReading } from '../open-database.ts'
import { syncDirectory } from '../sync-directory.ts'
import type { Kek } from '../vault/kek.ts'
import { wrappedKeys } from '../vault/key-rows.ts'
import { KeyRing, type WrappedKey, wrapNewKey } from '../vault/vault.ts'
import { readHead } from '../writer/chain.ts'
import { type BackupHeader, frontOf, sealPieces, writeFully } from './backup-format.ts'

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
  readonly key: BackupKey
  readonly createdMs: number
}

/** A key that is made for one backup. */
export interface BackupKey {
  readonly clear: Uint8Array
  readonly wrapped: Uint8Array
  /** Keys of the store that are wrapped under the same key-encryption key. */
  readonly beside: readonly { readonly id: number; readonly wrapped: Uint8Array }[]
}

/** Undefined when the keys of the store are not under this key-encryption key. */
export function backupKey(kek: Kek, database: Database.Database): BackupKey | undefined {
  const beside = wrappedKeys(database)
  if (KeyRing.open(kek, beside) === undefined) return undefined
  const { id, purpose, wrapped } = wrapNewKey(kek, 0, 'backup')
  const clear = KeyRing.open(kek, [{ id, purpose, wrapped }])?.byId(id)?.key
  if (clear === undefined) throw new Error('the key of the backup does not open')
  return { clear, wrapped, beside }
}

export function writeBackup(
  database: Database.Database,
  { file, target, key, createdMs }: BackupOrder,
): BackupFacts | { readonly exists: true } | { readonly otherKek: true } {
  if (existsSync(target)) return { exists: true }
  const copy = copyOf(file)
  removeCopy(file)
  // VACUUM INTO takes an empty file: made first, so that nobody else may ever read it.
  closeSync(openSync(copy, 'wx', 0o600))
  try {
    database.prepare('vacuum into ?').run(copy)
    // The key-encryption key was rotated since this was asked for: what it seals must open it too.
    if (!isBeside(copy, key)) return { otherKek: true }
    return sealCopy(copy, { target, key, createdMs })
  } finally {
    removeCopy(file)
  }
}

/** What a backup that was cut off left in the data directory. */
export function removeCopy(file: string): void {
  rmSync(copyOf(file), { force: true })
}

/** What a backup that was cut off left beside its target. */
export function removePart(target: string): void {
  rmSync(partOf(target), { force: true })
}

export function partOf(target: string): string {
  return `${target}.part`
}

export function copyOf(file: string): string {
  return `${file}.backup-copy`
}

function sealCopy(
  copy: string,
  { target, key, createdMs }: Omit<BackupOrder, 'file'>,
): BackupFacts {
  const { epoch, jseq, hash } = headOf(copy)
  const header: BackupHeader = {
    format: 1,
    ...{ epoch, jseq, hash, createdMs },
    bytes: statSync(copy).size,
    key: Buffer.from(key.wrapped).toString('hex'),
  }
  const front = frontOf(header)
  const part = partOf(target)
  try {
    writeSealed(copy, part, { key, front })
    renameSync(part, target)
  } catch (error) {
    // On a full disk it would take the room that sales need.
    removePart(target)
    throw error
  }
  syncDirectory(dirname(target))
  return { file: target, bytes: statSync(target).size, jseq, epoch }
}

function writeSealed(
  copy: string,
  part: string,
  { key, front }: { readonly key: BackupKey; readonly front: Buffer },
): void {
  // What stands there is not written to: it may be a link to another file, or one of any mode.
  rmSync(part, { force: true })
  const from = openSync(copy, 'r')
  const to = openSync(part, 'wx', 0o600)
  try {
    writeFully(to, front)
    sealPieces(Buffer.from(key.clear), front, from, to)
    fsyncSync(to)
  } finally {
    closeSync(from)
    closeSync(to)
  }
}

/**
 * A rotation wraps all keys anew in one record, and a new key is wrapped like those beside it: as
 * long as the known ones are what they were, all of the copy are under the one key. Those of
 * hashes are never removed, so that some are known.
 */
function isBeside(copy: string, { beside }: BackupKey): boolean {
  const known = new Map(beside.map(({ id, wrapped }) => [id, wrapped]))
  const database = openForReading(copy)
  try {
    const kept = wrappedKeys(database).filter(({ id }) => known.has(id))
    const isSame = ({ id, wrapped }: WrappedKey) => wrapped.equals(known.get(id) ?? Buffer.alloc(0))
    return kept.length > 0 && kept.every((row) => Buffer.isBuffer(row.wrapped) && isSame(row))
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
