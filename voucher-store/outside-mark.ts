// The journal's head, kept outside the database: epoch, number and hash of the newest record,
// beside the database file and at most a second behind. A database that lacks the record the mark
// names is an old copy, and the gap between the two is what must be fenced. [nothing-lost, rule 9]

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
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

/** Undefined when there is none, or when a power cut left it unreadable: then it proves nothing. */
export function readMark(directory: string): OutsideMark | undefined {
  try {
    const mark = JSON.parse(readFileSync(join(directory, FILE), 'utf8')) as Partial<OutsideMark>
    const { epoch, jseq, hash, final = false } = mark
    if (epoch === undefined || jseq === undefined || hash === undefined) return undefined
    return { epoch, jseq, hash, final }
  } catch {
    return undefined
  }
}

export function writeMark(directory: string, mark: OutsideMark): void {
  const file = join(directory, FILE)
  writeFileSync(`${file}.new`, `${JSON.stringify(mark)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** Keeps the mark at most a moment behind the journal, off the path of any sale. */
export class MarkKeeper {
  readonly #directory: string
  readonly #epoch: number
  readonly #later: (run: () => void) => () => void
  #head: ChainHead
  #cancel: (() => void) | undefined

  /** The head as it was read; from here on a mark left by an orderly stop is no longer final. */
  constructor(options: {
    directory: string
    epoch: number
    head: ChainHead
    later: (run: () => void) => () => void
  }) {
    this.#directory = options.directory
    this.#epoch = options.epoch
    this.#head = options.head
    this.#later = options.later
    this.#write(false)
  }

  committed(head: ChainHead): void {
    this.#head = head
    this.#cancel ??= this.#later(() => {
      this.#cancel = undefined
      this.#write(false)
    })
  }

  /** After the last commit of an orderly stop. */
  final(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#write(true)
  }

  #write(final: boolean): void {
    const { jseq } = this.#head
    // The hash may come from another thread as plain bytes.
    const hash = Buffer.from(this.#head.hash).toString('hex')
    try {
      writeMark(this.#directory, { epoch: this.#epoch, jseq, hash, final })
    } catch {
      // No room for it, perhaps: the one that is there is older and stays true.
    }
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
