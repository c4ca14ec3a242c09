// A file of one JSON object that is always as long and lies within one sector: written in place no
// power cut can tear it. What stands in it, when it is written and whether that is synced is the
// business of whoever owns it.

import { closeSync, fsyncSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from './sync-directory.ts'

const BYTES = 256

export function isSectorFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.size === BYTES
}

/** Durable when it returns, and there in the old form or in the new one at any moment. */
export function replaceSectorFile(file: string, value: object): void {
  const made = openSync(`${file}.new`, 'w', 0o600)
  try {
    writeInPlace(made, value)
    fsyncSync(made)
  } finally {
    closeSync(made)
  }
  renameSync(`${file}.new`, file)
  syncDirectory(dirname(file))
}

/** Not synced. */
export function writeInPlace(handle: number, value: object): void {
  writeSync(handle, Buffer.from(`${JSON.stringify(value).padEnd(BYTES - 1)}\n`), 0, BYTES, 0)
}
