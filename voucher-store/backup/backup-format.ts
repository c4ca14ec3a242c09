// The bytes of a backup file: a header in the open, then the database in sealed pieces. Pieces are
// numbered, the last one is marked, and all are bound to the header, so that a file that was cut,
// reordered or given another header does not open.
//
//   EVSBAK01 | header length 4 BE | header JSON | (piece length 4 BE | ciphertext | tag 16) ...
//   nonce 12 = last? 1 byte | zeros 7 | number 4 BE        additional data = SHA-256 of the front
//
// The data key is new for every backup and wrapped by the key-encryption key, which is never in it.

import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { readSync, writeSync } from 'node:fs'

export interface BackupHeader {
  readonly format: 1
  readonly epoch: number
  readonly jseq: number
  /** Hash of the newest journal record, hex. */
  readonly hash: string
  readonly createdMs: number
  /** Size of the database. */
  readonly bytes: number
  /** The data key, wrapped; hex. */
  readonly key: string
}

const MAGIC = Buffer.from('EVSBAK01')
const HEADER_MOST = 65_536
const PIECE = 1 << 20
const TAG = 16

export function frontOf(header: BackupHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.length)
  return Buffer.concat([MAGIC, length, json])
}

/** Reads from the beginning of an open file; undefined when it is no backup of this format. */
export function readFront(file: number): { header: BackupHeader; front: Buffer } | undefined {
  const start = readExactly(file, MAGIC.length + 4)
  if (start === undefined || !start.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const length = start.readUInt32BE(MAGIC.length)
  const json = length > HEADER_MOST ? undefined : readExactly(file, length)
  if (json === undefined) return undefined
  try {
    const header = JSON.parse(json.toString('utf8')) as BackupHeader
    return header.format === 1 ? { header, front: Buffer.concat([start, json]) } : undefined
  } catch {
    return undefined
  }
}

/** Both files are open; gives the bytes written after the front. */
export function sealPieces(key: Buffer, front: Buffer, from: number, to: number): number {
  const aad = createHash('sha256').update(front).digest()
  const clear = Buffer.alloc(PIECE)
  let written = 0
  let piece = readFully(from, clear)
  for (let number = 0; ; number++) {
    const body = Buffer.from(clear.subarray(0, piece))
    const next = piece === PIECE ? readFully(from, clear) : 0
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number, next === 0))
    cipher.setAAD(aad)
    const sealed = Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(sealed.length)
    writeFully(to, length)
    writeFully(to, sealed)
    written += length.length + sealed.length
    if (next === 0) return written
    piece = next
  }
}

/**
 * False when any piece is missing, changed or more than there should be. Throws what reading and
 * writing do: that is no matter of the backup.
 */
export function openPieces(key: Buffer, front: Buffer, from: number, to: number): boolean {
  const aad = createHash('sha256').update(front).digest()
  let length = readLength(from)
  for (let number = 0; length !== undefined; number++) {
    const sealed = length > PIECE + TAG ? undefined : readExactly(from, length)
    if (sealed === undefined || sealed.length < TAG) return false
    const next = readLength(from)
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number, next === undefined))
    decipher.setAAD(aad)
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG))
    const clear = decipher.update(sealed.subarray(0, sealed.length - TAG))
    try {
      decipher.final()
    } catch {
      return false
    }
    writeFully(to, clear)
    if (next === undefined) return true
    length = next
  }
  return false
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce[0] = isLast ? 1 : 0
  nonce.writeUInt32BE(number, 8)
  return nonce
}

function readLength(file: number): number | undefined {
  return readExactly(file, 4)?.readUInt32BE(0)
}

function readExactly(file: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length)
  return readFully(file, bytes) === length ? bytes : undefined
}

function readFully(file: number, into: Buffer): number {
  let done = 0
  while (done < into.length) {
    const count = readSync(file, into, done, into.length - done, null)
    if (count === 0) break
    done += count
  }
  return done
}

/** The system may take a part. */
export function writeFully(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
}
