// Where the key-encryption key is: in a file, with a command, or in a token. Everybody who needs it
// asks here. A rotation writes the next key beside the file and renames it when the keys of the
// store are wrapped under it; a start that was in between does the rest. In a token keys have
// numbers, and the wrapped keys say which is the present one. No key is made here.

import { existsSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from '../sync-directory.ts'
import { eitherKek, type Kek, type KekToken, kekNumberOf } from './kek.ts'
import { type KekCommand, readKekCommand } from './kek-command.ts'
import { type KekResult, readKekFile } from './kek-file.ts'
import { KeyRing, type WrappedKey } from './vault.ts'

/** One of the first two, or a token; a token beside one of them while a store moves into it. */
export interface KekPlace {
  readonly kekFile?: string | undefined
  readonly kekCommand?: KekCommand | undefined
  readonly kekToken?: KekToken | undefined
}

export interface OpenedKeys {
  readonly kek: Kek
  readonly ring: KeyRing
  /** What an administrator should hear of. */
  readonly notices: readonly string[]
}

/** Opens what any of the place's keys wrapped; wraps with the newest. */
export function readKek(place: KekPlace): KekResult {
  const { kekFile, kekCommand, kekToken } = place
  const inToken = kekToken?.newest()
  if (kekToken === undefined) return readBytes(place)
  const isMoving = kekFile !== undefined || kekCommand !== undefined
  if (!isMoving) return inToken === undefined ? noneIn(kekToken) : { kind: 'kek', kek: inToken }
  const read = readBytes(place)
  if (inToken === undefined || read.kind === 'problem') return read
  return { kind: 'kek', kek: eitherKek(inToken, read.kek) }
}

function noneIn({ name }: KekToken): KekResult {
  return { kind: 'problem', message: `${name} is not there` }
}

function readBytes({ kekFile, kekCommand }: KekPlace): KekResult {
  if (kekCommand !== undefined) return readKekCommand(kekCommand)
  if (kekFile !== undefined) return readKekFile(kekFile)
  return { kind: 'problem', message: 'neither vault.kekFile, kekCommand nor kekLabel is set' }
}

/** In words, for messages. */
export function nameOfKek({ kekFile, kekCommand, kekToken }: KekPlace): string {
  return kekToken?.name ?? kekFile ?? `the key of vault.kekCommand ${kekCommand?.words[0] ?? ''}`
}

/** Where a rotation writes the next key. */
export function nextKekFile(kekFile: string): string {
  return `${kekFile}.new`
}

/** The last step of a rotation: the next key takes the place of the one before. */
export function takeNextKek(kekFile: string): void {
  renameSync(nextKekFile(kekFile), kekFile)
  try {
    syncDirectory(dirname(kekFile))
  } catch {
    // It has its place. A power cut may bring both names back, and the next start does this again.
  }
}

/** Undefined: neither the key nor one that a rotation left beside it opens the keys. */
export function openKeys(
  place: KekPlace,
  kek: Kek,
  rows: readonly WrappedKey[],
): OpenedKeys | undefined {
  const { kekFile, kekToken } = place
  if (kekToken !== undefined) return openKeysOf(kekToken, kek, rows)
  const ring = KeyRing.open(kek, rows)
  const next = kekFile === undefined ? undefined : nextKekFile(kekFile)
  if (ring !== undefined) return { kek, ring, notices: leftovers(next) }
  if (kekFile === undefined || next === undefined || !existsSync(next)) return undefined
  const read = readKekFile(next)
  const opened = read.kind === 'kek' ? KeyRing.open(read.kek, rows) : undefined
  if (read.kind !== 'kek' || opened === undefined) return undefined
  return { kek: read.kek, ring: opened, notices: [finished(kekFile)] }
}

/** What cannot be put in place opens everything from where it is. */
function finished(kekFile: string): string {
  const next = nextKekFile(kekFile)
  try {
    takeNextKek(kekFile)
    return `the rotation of the key-encryption key was finished: ${next} is ${kekFile} now`
  } catch (error) {
    const why = (error as Error).message
    return `${next} is the key-encryption key now, keep it: it cannot become ${kekFile}: ${why}`
  }
}

/** New keys are wrapped by the key that those of the store are under, whatever is newer. */
function openKeysOf(
  token: KekToken,
  kek: Kek,
  rows: readonly WrappedKey[],
): OpenedKeys | undefined {
  const ring = KeyRing.open(kek, rows)
  if (ring === undefined) return undefined
  const [first] = rows
  const number = first === undefined ? kek.number : kekNumberOf(first.wrapped)
  if (number === kek.number) return { kek, ring, notices: [] }
  const inToken = token.byNumber(number)
  const notice =
    inToken === undefined
      ? `the keys of the store are not in the token yet: evs vault rotate kek puts them there`
      : `${token.name} has number ${kek.number}, of a rotation that wrote nothing; it opens nothing`
  return { kek: inToken ?? kek, ring, notices: [notice] }
}

function leftovers(next: string | undefined): string[] {
  if (next === undefined || !existsSync(next)) return []
  return [`${next} is of a rotation that wrote nothing; it opens nothing and can be removed`]
}
