// The journal's head, kept outside the database: epoch, number and hash of the newest record,
// beside the database file. It is written after each commit and before anybody hears of it, so that
// a store which lacks a record somebody heard of is told from one that has it: an old copy, or a
// log that lost its end. [nothing-lost, rule 9]
//
// The mark of a running switch is not synced. A power cut may leave it behind the journal, which
// is no harm, and never before it: it is written once the commit's own sync has ended.

import { closeSync, fsyncSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { isSectorFile, replaceSectorFile, writeInPlace } from './sector-file.ts'
import { type ChainHead, GENESIS, readHead, verifyChain } from './writer/chain.ts'

export interface OutsideMark {
  readonly epoch: number
  readonly jseq: number
  /** Hex. */
  readonly hash: string
  /** Written by an orderly stop: the journal ends exactly here. */
  readonly final: boolean
}

const FILE = 'mark.json'

/** Undefined when there is none, or none that can be read. */
export function readMark(directory: string): OutsideMark | undefined {
  try {
    const mark = JSON.parse(readFileSync(join(directory, FILE), 'utf8')) as Partial<OutsideMark>
    const { epoch, jseq, hash, final = false } = mark
    if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(jseq)) return undefined
    if (typeof hash !== 'string' || typeof final !== 'boolean') return undefined
    return { epoch: epoch as number, jseq: jseq as number, hash, final }
  } catch {
    return undefined
  }
}

/** Durable when it returns, and there in the old form or in the new one at any moment. */
export function writeMark(directory: string, mark: OutsideMark): void {
  replaceSectorFile(join(directory, FILE), mark)
}

/** Keeps the mark at the journal's head. Owned by whoever owns the journal. */
export class MarkKeeper {
  readonly #handle: number
  readonly #epoch: number

  /**
   * The head as it was read, synced: from here on a mark that an orderly stop left is no longer
   * final, not after a power cut either. Throws where it cannot be written.
   */
  constructor(directory: string, { epoch, head }: { epoch: number; head: ChainHead }) {
    const file = join(directory, FILE)
    this.#epoch = epoch
    const isThere = isSectorFile(file)
    if (!isThere) writeMark(directory, this.#markOf(head, false))
    this.#handle = openSync(file, 'r+')
    if (!isThere) return
    writeInPlace(this.#handle, this.#markOf(head, false))
    fsyncSync(this.#handle)
  }

  /** After the commit, before its news: whoever hears of a record may count on the mark. */
  committed(head: ChainHead): void {
    this.#write(head, false)
  }

  /** After the last commit of an orderly stop. */
  final(head: ChainHead): void {
    this.#write(head, true)
    closeSync(this.#handle)
  }

  #write(head: ChainHead, final: boolean): void {
    try {
      writeInPlace(this.#handle, this.#markOf(head, final))
    } catch {
      // A failing disk, perhaps: the one that is there is older and stays true.
    }
  }

  #markOf({ jseq, hash }: ChainHead, final: boolean): OutsideMark {
    return { epoch: this.#epoch, jseq, hash: Buffer.from(hash).toString('hex'), final }
  }
}

/** The newest records that a start verifies before it sells; the rest is verified later. */
const RECORDS_AT_START = 1_000

/** Why this database may not be sold from, or undefined. */
export function checkTail(
  database: Database.Database,
  mark: OutsideMark | undefined,
): string | undefined {
  const head = readHead(database)
  const other = otherThan(mark, head, database)
  if (other !== undefined) return other
  const from = head.jseq - RECORDS_AT_START
  const before = from <= 0 ? GENESIS : { jseq: from, hash: hashOf(database, from) }
  if (before.hash === undefined) return `record ${from} is missing`
  return verifyChain(database, { after: { jseq: before.jseq, hash: before.hash } }).why
}

/** A mark is there, durably, before the first record: where it is missing, something took it. */
function otherThan(
  mark: OutsideMark | undefined,
  head: ChainHead,
  database: Database.Database,
): string | undefined {
  if (mark === undefined) {
    if (head.jseq === 0) return undefined
    return `${FILE} is missing or cannot be read: this may be an old copy`
  }
  if (mark.jseq > head.jseq) {
    const ends = `the database ends at record ${head.jseq}, its mark at ${mark.jseq}`
    return `${ends}: an old copy, or a log that lost its end`
  }
  if (mark.jseq === 0 || hashOf(database, mark.jseq)?.toString('hex') === mark.hash) {
    return undefined
  }
  return `record ${mark.jseq} is not the one that the mark names: another copy, or damage`
}

function hashOf(database: Database.Database, jseq: number): Buffer | undefined {
  return database.prepare('select hash from journal where jseq = ?').pluck().get(jseq) as
    | Buffer
    | undefined
}
