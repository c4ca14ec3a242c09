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

/** Where a record is put together to be hashed in one call. */
const ROOM = Buffer.alloc(16_384)
/** Bytes of one UTF-16 code unit in UTF-8, at most. */
const UTF8_MOST = 3

/**
 * In one call where it can: an object that hashes is freed by the collector while everybody waits,
 * and a thousand of them take longer than anything else that it does. [docs/performance.md]
 */
export function hashRecord(before: Buffer, row: Omit<JournalRow, 'hash'>): Buffer {
  const text = `${row.jseq}\n${row.kind}\n${row.at_ms}\n${row.body}`
  if (before.length + text.length * UTF8_MOST > ROOM.length) {
    return createHash('sha256').update(before).update(text).digest()
  }
  const length = before.copy(ROOM)
  return hash('sha256', ROOM.subarray(0, length + ROOM.write(text, length)), 'buffer')
}

/** Appends inside the caller's transaction; `head` is taken over only when that commits. */
export class ChainWriter {
  readonly #insert: Database.Statement
  #committed: ChainHead
  #head: ChainHead

  constructor(database: Database.Database) {
    this.#insert = database.prepare(
      'insert into journal (jseq, kind, at_ms, body, hash) values (?, ?, ?, ?, ?)',
    )
    this.#committed = readHead(database)
    this.#head = this.#committed
  }

  append(kind: string, atMs: number, body: string): number {
    const jseq = this.#head.jseq + 1
    const hash = hashRecord(this.#head.hash, { jseq, kind, at_ms: atMs, body })
    this.#insert.run(jseq, kind, atMs, body, hash)
    this.#head = { jseq, hash }
    return jseq
  }

  /** A place to go back to when the record that follows fails. */
  get head(): ChainHead {
    return this.#head
  }

  backTo(head: ChainHead): void {
    this.#head = head
  }

  committed(): ChainHead {
    this.#committed = this.#head
    return this.#committed
  }

  rolledBack(): void {
    this.#head = this.#committed
  }
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
