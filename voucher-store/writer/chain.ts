// The journal's chain: each record gets the next number and a hash over itself and the hash before
// it. A record that is missing, changed or moved breaks every hash after it.
//
//   hash(n) = SHA-256( hash(n-1) | jseq | 0x0A kind 0x0A at_ms 0x0A body )      hash(0) = 32 zeros

import { createHash, hash } from 'node:crypto'
import type Database from 'better-sqlite3'

export interface ChainHead {
  readonly jseq: number
  readonly hash: Buffer
}

export const GENESIS: ChainHead = { jseq: 0, hash: Buffer.alloc(32) }

export interface JournalRow {
  readonly jseq: number
  readonly kind: string
  readonly at_ms: number
  readonly body: string
  readonly hash: Buffer
}

const HASH_BYTES = 32
/** Where a record is put together to be hashed in one call. */
const ROOM = Buffer.alloc(16_384)
/** Bytes of one UTF-16 code unit in UTF-8, at most. */
const UTF8_MOST = 3

export function hashRecord(before: Buffer, row: Omit<JournalRow, 'hash'>): Buffer {
  return Buffer.from(digestOf(before.toString('latin1'), row), 'latin1')
}

/**
 * In one call where it can: an object that hashes is freed by the collector while everybody waits,
 * and a thousand of them take longer than anything else that it does. [docs/performance.md] Hashes
 * are text of a character a byte here: one as a Buffer has memory outside the heap as well.
 */
function digestOf(before: string, row: Omit<JournalRow, 'hash'>): string {
  const text = `${row.jseq}\n${row.kind}\n${row.at_ms}\n${row.body}`
  if (before.length + text.length * UTF8_MOST > ROOM.length) {
    return createHash('sha256').update(before, 'latin1').update(text).digest('binary')
  }
  const length = ROOM.write(before, 'latin1')
  return hash('sha256', ROOM.subarray(0, length + ROOM.write(text, length)), 'binary')
}

/** The newest record inside of a group. */
export interface ChainPlace {
  readonly jseq: number
  /** A character a byte. */
  readonly hash: string
}

/** Appends inside the caller's transaction; `head` is taken over only when that commits. */
export class ChainWriter {
  readonly #insert: Database.Statement
  /** The bytes of a hash while they are bound, which copies them. */
  readonly #bytes = Buffer.alloc(HASH_BYTES)
  #committed: ChainHead
  #head: ChainPlace

  constructor(database: Database.Database) {
    this.#insert = database.prepare(
      'insert into journal (jseq, kind, at_ms, body, hash) values (?, ?, ?, ?, ?)',
    )
    this.#committed = readHead(database)
    this.#head = placeOf(this.#committed)
  }

  append(kind: string, atMs: number, body: string): number {
    const jseq = this.#head.jseq + 1
    const hash = digestOf(this.#head.hash, { jseq, kind, at_ms: atMs, body })
    this.#bytes.write(hash, 'latin1')
    this.#insert.run(jseq, kind, atMs, body, this.#bytes)
    this.#head = { jseq, hash }
    return jseq
  }

  /** A place to go back to when the record that follows fails. */
  get head(): ChainPlace {
    return this.#head
  }

  backTo(head: ChainPlace): void {
    this.#head = head
  }

  committed(): ChainHead {
    const { jseq, hash } = this.#head
    this.#committed = { jseq, hash: Buffer.from(hash, 'latin1') }
    return this.#committed
  }

  /** Gives the head that is left. */
  rolledBack(): ChainHead {
    this.#head = placeOf(this.#committed)
    return this.#committed
  }
}

function placeOf({ jseq, hash }: ChainHead): ChainPlace {
  return { jseq, hash: hash.toString('latin1') }
}

export function readHead(database: Database.Database): ChainHead {
  const row = database.prepare('select jseq, hash from journal order by jseq desc limit 1').get() as
    | ChainHead
    | undefined
  return row ?? GENESIS
}

/** The time that the newest record has. */
export function newestMsOf(database: Database.Database): number | undefined {
  const newest = database.prepare('select at_ms from journal order by jseq desc limit 1').pluck()
  return newest.get() as number | undefined
}

/** The first break between two numbers, or undefined. Streams; memory does not grow. */
export function verifyChain(
  database: Database.Database,
  range: { after: ChainHead; through?: number },
): { records: number; brokenAt: number | undefined; why: string | undefined } {
  const rows = database
    .prepare('select jseq, kind, at_ms, body, hash from journal where jseq > ? order by jseq')
    .iterate(range.after.jseq) as IterableIterator<JournalRow>
  let before: ChainHead = range.after
  let records = 0
  for (const row of rows) {
    if (range.through !== undefined && row.jseq > range.through) break
    if (row.jseq !== before.jseq + 1) {
      return { records, brokenAt: before.jseq + 1, why: `record ${before.jseq + 1} is missing` }
    }
    const hash = hashRecord(before.hash, row)
    if (!hash.equals(row.hash)) {
      return { records, brokenAt: row.jseq, why: `record ${row.jseq} does not match its hash` }
    }
    before = { jseq: row.jseq, hash }
    records++
  }
  return { records, brokenAt: undefined, why: undefined }
}
