// Where the key-encryption key comes from: a file, or a command. Everybody who needs the key asks
// here. A rotation writes the next key beside the file and renames it when the keys of the store
// are wrapped under it; a start that was in between does the rest. No key is made here.

import { existsSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from '../sync-directory.ts'
import { type KekCommand, readKekCommand } from './kek-command.ts'
import { type KekResult, readKekFile } from './kek-file.ts'
import { KeyRing, type WrappedKey } from './vault.ts'

/** One of the two. */
export interface KekPlace {
  readonly kekFile?: string | undefined
  readonly kekCommand?: KekCommand | undefined
}

export interface OpenedKeys {
  readonly kek: Buffer
  readonly ring: KeyRing
  /** What an administrator should hear of. */
  readonly notices: readonly string[]
}

export function readKek({ kekFile, kekCommand }: KekPlace): KekResult {
  if (kekCommand !== undefined) return readKekCommand(kekCommand)
  if (kekFile !== undefined) return readKekFile(kekFile)
  return { kind: 'problem', message: 'neither vault.kekFile nor vault.kekCommand is set' }
}

/** In words, for messages. */
export function nameOfKek({ kekFile, kekCommand }: KekPlace): string {
  return kekFile ?? `the key of vault.kekCommand ${kekCommand?.words[0] ?? ''}`
}

/** Where a rotation writes the next key. */
export function nextKekFile(kekFile: string): string {
  return `${kekFile}.new`
}

/** The last step of a rotation: the next key takes the place of the one before, durably. */
export function takeNextKek(kekFile: string): void {
  renameSync(nextKekFile(kekFile), kekFile)
  syncDirectory(dirname(kekFile))
}

/** Undefined: neither the key nor one that a rotation left beside it opens the keys. */
export function openKeys(
  place: KekPlace,
  kek: Buffer,
  rows: readonly WrappedKey[],
): OpenedKeys | undefined {
  const { kekFile } = place
  const ring = KeyRing.open(kek, rows)
  const next = kekFile === undefined ? undefined : nextKekFile(kekFile)
  if (ring !== undefined) return { kek, ring, notices: leftovers(next) }
  if (kekFile === undefined || next === undefined || !existsSync(next)) return undefined
  const read = readKekFile(next)
  const opened = read.kind === 'key' ? KeyRing.open(read.key, rows) : undefined
  if (read.kind !== 'key' || opened === undefined) return undefined
  takeNextKek(kekFile)
  const notice = `the rotation of the key-encryption key was finished: ${next} is ${kekFile} now`
  return { kek: read.key, ring: opened, notices: [notice] }
}

function leftovers(next: string | undefined): string[] {
  if (next === undefined || !existsSync(next)) return []
  return [`${next} is of a rotation that wrote nothing; it opens nothing and can be removed`]
}
