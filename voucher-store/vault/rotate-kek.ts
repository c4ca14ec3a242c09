// Rotation of the key-encryption key while everything goes on: all keys of the store are wrapped
// under the next one in one record, and from then on it is the key of this process. The keys
// themselves stay as they are, so that no voucher is touched.
//
// The next key is durable in a file before the record, and takes the place of the one before after
// it. A crash in between leaves both, and the next start takes the one that opens the keys. In a
// token the next key has the next number, which the wrapped keys name: there is nothing in between.

import { existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type Database from 'better-sqlite3'
import { type ChangeResult, type StoreJournal, writeChange } from '../admin/admin-write.ts'
import type { By } from '../admin/merchants.ts'
import type { Statement } from '../store-record.ts'
import { syncDirectory } from '../sync-directory.ts'
import type { Kek, KekToken } from './kek.ts'
import { type KekResult, makeKekFile, readKekFile } from './kek-file.ts'
import { type KekPlace, nextKekFile, takeNextKek } from './kek-source.ts'
import { wrappedKeys } from './key-rows.ts'
import { KeyRing, rewrapKey, type WrappedKey } from './vault.ts'

export interface KekRotationPorts {
  readonly database: Database.Database
  readonly journal: StoreJournal
  readonly kek: Kek
  readonly kekPlace: KekPlace
  readonly ring: KeyRing
  replaceKek(kek: Kek): void
}

export type KekRotation =
  | { readonly kind: 'rotated'; readonly keys: number; readonly kekFile: string | undefined }
  /** An earlier rotation ended between its file and its record: `file` opens nothing. */
  | { readonly kind: 'leftover'; readonly file: string }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'not-made'; readonly file: string; readonly why: string }
  /** Every key is wrapped under the key in `file`, which could not take its place. */
  | { readonly kind: 'not-renamed'; readonly file: string; readonly why: string }
  | { readonly kind: 'not-written'; readonly result: ChangeResult }

/** `newKekFile`: the next key where it comes from a command, which prints it from then on. */
export async function rotateKek(
  ports: KekRotationPorts,
  newKekFile: string | undefined,
  by: By,
): Promise<KekRotation> {
  const { kekFile, kekToken } = ports.kekPlace
  if (kekToken !== undefined) return rotateInToken(ports, kekToken, newKekFile, by)
  if (kekFile === undefined) return rotateToGiven(ports, newKekFile, by)
  const file = nextKekFile(kekFile)
  if (newKekFile !== undefined) {
    return { kind: 'unusable', message: `a new key is made here, in ${file}: none can be given` }
  }
  if (existsSync(file)) return left(ports, kekFile)
  try {
    makeKekFile(file)
    syncDirectory(dirname(file))
  } catch (error) {
    return { kind: 'not-made', file, why: (error as Error).message }
  }
  const next = readKekFile(file)
  if (next.kind === 'problem') return { kind: 'unusable', message: next.message }
  const { result, keys } = await rewrapAll(ports, next.kek, by)
  if (result.kind !== 'written') {
    rmSync(file)
    return { kind: 'not-written', result }
  }
  return inPlace(kekFile, keys)
}

function inPlace(kekFile: string, keys: number): KekRotation {
  try {
    takeNextKek(kekFile)
  } catch (error) {
    return { kind: 'not-renamed', file: nextKekFile(kekFile), why: (error as Error).message }
  }
  return { kind: 'rotated', keys, kekFile }
}

/**
 * A next key that is there already. One that opens the keys of the store is the only durable copy
 * of the key in force: an earlier rotation could not put it in place. Only beside a key that opens
 * them it is of no use.
 */
function left({ database }: KekRotationPorts, kekFile: string): KekRotation {
  const file = nextKekFile(kekFile)
  const rows = wrappedKeys(database)
  const opens = (read: KekResult) =>
    read.kind === 'kek' && KeyRing.open(read.kek, rows) !== undefined
  if (opens(readKekFile(file))) return inPlace(kekFile, rows.length)
  if (opens(readKekFile(kekFile))) return { kind: 'leftover', file }
  const message = `neither ${kekFile} nor ${file} opens the keys of the store: keep both`
  return { kind: 'unusable', message }
}

async function rotateToGiven(
  ports: KekRotationPorts,
  newKekFile: string | undefined,
  by: By,
): Promise<KekRotation> {
  if (newKekFile === undefined) {
    const message = 'the key comes from a command: a file with the next key is needed'
    return { kind: 'unusable', message }
  }
  const next = readKekFile(newKekFile)
  if (next.kind === 'problem') return { kind: 'unusable', message: next.message }
  if (KeyRing.open(next.kek, wrappedKeys(ports.database)) !== undefined) {
    return { kind: 'unusable', message: `${newKekFile} holds the present key` }
  }
  const { result, keys } = await rewrapAll(ports, next.kek, by)
  if (result.kind !== 'written') return { kind: 'not-written', result }
  return { kind: 'rotated', keys, kekFile: undefined }
}

async function rotateInToken(
  ports: KekRotationPorts,
  token: KekToken,
  newKekFile: string | undefined,
  by: By,
): Promise<KekRotation> {
  if (newKekFile !== undefined) {
    return { kind: 'unusable', message: 'a new key is made in the token: none can be given' }
  }
  const next = token.make()
  const { result, keys } = await rewrapAll(ports, next, by)
  if (result.kind === 'written') return { kind: 'rotated', keys, kekFile: undefined }
  token.discard(next)
  return { kind: 'not-written', result }
}

/** A key that is removed meanwhile, with an import that was refused, makes it begin again. */
const TRIES = 5

interface Rewrapped {
  readonly result: ChangeResult
  readonly keys: number
}

function rewrapAll(ports: KekRotationPorts, next: Kek, by: By): Promise<Rewrapped> {
  return ports.ring.inTurn(async () => {
    let rewrapped = await rewrapOnce(ports, next, by)
    for (let tries = 1; tries < TRIES && rewrapped.result.kind === 'changed'; tries++) {
      rewrapped = await rewrapOnce(ports, next, by)
    }
    if (rewrapped.result.kind === 'written') ports.replaceKek(next)
    return rewrapped
  })
}

async function rewrapOnce(ports: KekRotationPorts, next: Kek, by: By): Promise<Rewrapped> {
  const { database, journal, kek } = ports
  const rows = wrappedKeys(database)
  const statements = rows.map((row) => rewrapping(row, rewrapKey(kek, next, row)))
  const whole: Statement = {
    // Not one row more than was read: it would stay under the key that goes.
    ...{ sql: 'update vault_key set id = id', bindings: [], expect: rows.length },
    unkept: true,
  }
  const result = await writeChange(journal, {
    action: 'vault rotate kek',
    detail: { keys: rows.length },
    statements: [...statements, whole],
    ...by,
  })
  return { result, keys: rows.length }
}

function rewrapping(row: WrappedKey, rewrapped: WrappedKey | undefined): Statement {
  if (rewrapped === undefined) throw new Error(`key ${row.id} of the vault does not open`)
  return {
    sql: 'update vault_key set wrapped = ? where id = ? and wrapped = ?',
    bindings: [rewrapped.wrapped, row.id, row.wrapped],
    ...{ expect: 1, unkept: true },
  }
}
