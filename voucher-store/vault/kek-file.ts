// The key-encryption key in a file of its own: 32 bytes as 64 hex characters, mode 0600, owned by
// the user of the process. `evs init` makes it; serving never does.

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from '../sync-directory.ts'
import { bytesKek, type Kek } from './kek.ts'

export type KekResult = { readonly kind: 'kek'; readonly kek: Kek } | KekProblem

export interface KekProblem {
  readonly kind: 'problem'
  readonly message: string
  /** It is there, and others than its owner may have read it. */
  readonly exposed?: true
  /** It was asked of `vault.kekCommand`. */
  readonly fromCommand?: true
}

/** Whole, or it throws and there is none: a part of a key would stand in the way of the next. */
export function makeKekFile(
  file: string,
  write: (handle: number, text: string) => void = writeFileSync,
): void {
  const handle = openSync(file, 'wx', 0o600)
  try {
    write(handle, `${randomBytes(32).toString('hex')}\n`)
    fsyncSync(handle)
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  } finally {
    closeSync(handle)
  }
}

/**
 * Where there is none: whole from its first moment, because what is there is never replaced, and an
 * empty one would be there for ever. What a making left that was cut off goes.
 */
export function makeFirstKekFile(file: string): void {
  const beside = `${file}.making`
  rmSync(beside, { force: true })
  if (existsSync(file)) return
  makeKekFile(beside)
  linkSync(beside, file)
  rmSync(beside)
  syncDirectory(dirname(file))
}

export function readKekFile(file: string): KekResult {
  let handle: number
  try {
    // Not waiting for whoever might write into a pipe: the thread that sells would wait with it.
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return { kind: 'problem', message: `cannot read ${file}: ${(error as Error).message}` }
  }
  try {
    const facts = fstatSync(handle)
    if (!facts.isFile()) return { kind: 'problem', message: `${file} is no regular file` }
    if ((facts.mode & 0o077) !== 0) {
      const mode = (facts.mode & 0o777).toString(8).padStart(4, '0')
      const message = `${file} has mode ${mode}; 0600 is needed`
      return { kind: 'problem', message, exposed: true }
    }
    if (process.getuid !== undefined && facts.uid !== process.getuid()) {
      return { kind: 'problem', message: `${file} belongs to another user`, exposed: true }
    }
    const text = readFileSync(handle, 'utf8').trim()
    if (!/^[0-9a-f]{64}$/i.test(text)) {
      return { kind: 'problem', message: `${file} does not hold 64 hex characters` }
    }
    return { kind: 'kek', kek: bytesKek(Buffer.from(text, 'hex')) }
  } finally {
    closeSync(handle)
  }
}
