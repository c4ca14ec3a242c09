// The journal's head, kept outside the database: epoch, number and hash of the newest record, beside
// the database file and at most a second behind. A database that lacks the record the mark names is
// an old copy, and the gap between the two is what must be fenced. [nothing-lost, rule 9]

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { type ChainHead, GENESIS, readHead, verifyChain } from './writer/chain.ts'

export interface OutsideMark {
  readonly epoch: number
  readonly jseq: number
  /** Hex. */
  readonly hash: string
}

const FILE = 'mark.json'

export function readMark(directory: string): OutsideMark | undefined {
  let text: string
  try {
    text = readFileSync(join(directory, FILE), 'utf8')
  } catch {
    return undefined
  }
  const mark = JSON.parse(text) as OutsideMark
  return { epoch: mark.epoch, jseq: mark.jseq, hash: mark.hash }
}

export function writeMark(directory: string, mark: OutsideMark): void {
  const file = join(directory, FILE)
  writeFileSync(`${file}.new`, `${JSON.stringify(mark)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Keeps the mark at most `everyMs` behind the journal, off the path of any sale. */
export class MarkKeeper {
  readonly #directory: string
  readonly #epoch: number
  readonly #after: (run: () => void) => () => void
  #head: ChainHead | undefined
  #cancel: (() => void) | undefined

  constructor(directory: string, epoch: number, after: (run: () => void) => () => void) {
    this.#directory = directory
    this.#epoch = epoch
    this.#after = after
  }

  committed(head: ChainHead): void {
    this.#head = head
    this.#cancel ??= this.#after(() => this.flush())
  }

  flush(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#head === undefined) return
    const { jseq, hash } = this.#head
    this.#head = undefined
    // The hash may come from another thread as plain bytes.
    const hex = Buffer.from(hash).toString('hex')
    writeMark(this.#directory, { epoch: this.#epoch, jseq, hash: hex })
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
  if (mark !== undefined && mark.jseq > head.jseq) {
    return `the database ends at record ${head.jseq}, its mark at ${mark.jseq}: an old copy`
  }
  if (mark !== undefined && mark.jseq > 0) {
    const hash = hashOf(database, mark.jseq)
    if (hash?.toString('hex') !== mark.hash) {
      return `record ${mark.jseq} is not the one that the mark names: another copy, or damage`
    }
  }
  const from = head.jseq - RECORDS_AT_START
  const before = from <= 0 ? GENESIS : { jseq: from, hash: hashOf(database, from) }
  if (before.hash === undefined) return `record ${from} is missing`
  return verifyChain(database, { after: { jseq: before.jseq, hash: before.hash } }).why
}

function hashOf(database: Database.Database, jseq: number): Buffer | undefined {
  return database.prepare('select hash from journal where jseq = ?').pluck().get(jseq) as
    | Buffer
    | undefined
}
