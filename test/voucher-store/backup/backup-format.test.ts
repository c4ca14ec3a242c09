// The sealed pieces of a backup: all of them and in their order, or nothing.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type BackupHeader,
  frontOf,
  openPieces,
  readFront,
  sealPieces,
} from '../../../voucher-store/backup/backup-format.ts'

const KEY = Buffer.alloc(32, 5)
const FRONT = Buffer.from('front')
const PIECE = 1 << 20
/** Length, ciphertext and tag of a full piece. */
const SEALED = 4 + PIECE + 16

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evs-pieces-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** What the files held after `run` went from one to the other. */
function through<Result>(bytes: Buffer, run: (from: number, to: number) => Result) {
  const [one, other] = [join(directory, 'one'), join(directory, 'other')]
  writeFileSync(one, bytes)
  const [from, to] = [openSync(one, 'r'), openSync(other, 'w')]
  const result = run(from, to)
  closeSync(from)
  closeSync(to)
  return { result, bytes: readFileSync(other) }
}

const seal = (clear: Buffer) => through(clear, (from, to) => sealPieces(KEY, FRONT, from, to)).bytes
const open = (sealed: Buffer) => through(sealed, (from, to) => openPieces(KEY, FRONT, from, to))

describe('a backup of several pieces', () => {
  it.each([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])('of %d bytes opens', (size) => {
    const clear = Buffer.alloc(size, 'abc')
    const { result, bytes } = open(seal(clear))
    expect(result).toBe(true)
    expect(bytes.equals(clear)).toBe(true)
  })

  it('does not open when it ends with an earlier piece', () => {
    const sealed = seal(Buffer.alloc(2 * PIECE + 100))
    expect(open(sealed).result).toBe(true)
    for (const pieces of [1, 2])
      expect(open(sealed.subarray(0, pieces * SEALED)).result).toBe(false)
  })

  it('does not open with its pieces in another order, or with one twice', () => {
    const sealed = seal(Buffer.alloc(2 * PIECE + 100))
    const [first, second] = [sealed.subarray(0, SEALED), sealed.subarray(SEALED, 2 * SEALED)]
    const rest = sealed.subarray(2 * SEALED)
    for (const other of [
      [second, first, rest],
      [first, first, second, rest],
      [first, rest],
    ]) {
      expect(open(Buffer.concat(other)).result).toBe(false)
    }
  })
})

it.runIf(process.platform === 'linux')('a disk that is full says nothing of the backup', () => {
  const sealed = seal(Buffer.alloc(100))
  const full = openSync('/dev/full', 'w')
  const opening = () => through(sealed, (from) => openPieces(KEY, FRONT, from, full))
  expect(opening).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
  closeSync(full)
})

describe('the front of a backup', () => {
  const header: BackupHeader = {
    ...{ format: 1, epoch: 1, jseq: 2, hash: 'ab', createdMs: 3, bytes: 4, key: 'cd' },
  }
  const read = (front: Buffer) => through(front, (from) => readFront(from)).result

  it('is read as it was written', () => {
    expect(read(frontOf(header))).toEqual({ header, front: frontOf(header) })
  })

  it('of a later format is not guessed at', () => {
    expect(read(frontOf({ ...header, format: 2 as never }))).toBeUndefined()
  })
})
