// The card host's ledger: an append-only file, one JSON object a line, one line per effect, written
// before the answer leaves. It outlives the process and is the other side of a reconciliation.
// It never holds a card number, a track or a PIN block. What the lines add up to is book.ts.

import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { CardHostError } from './errors.ts'

const LEDGER_KINDS = [
  'debit',
  'decline',
  'reversal',
  'reversal-unknown',
  'reversal-refused',
] as const

export type LedgerKind = (typeof LEDGER_KINDS)[number]

/** One line. Only `debit` and `reversal` move money; see docs/card-host.md for each field. */
export interface LedgerEntry {
  at: string
  kind: LedgerKind
  de7: string
  stan: string
  tid: string
  mid: string
  acquirer: string
  rrn: string
  /** What was debited or given back; for the other kinds what was asked for. */
  amountRial: number
  /** DE 4 of the request, when the debit was for another amount. */
  askedRial?: number | undefined
  card: string
  cardHash: string
  /** The host's own result; a fault may have answered another, or nothing. */
  rc: string
  de38?: string | undefined
  /** Of a decline: another PIN than the account's was entered. */
  wrongPin?: true | undefined
  de90?: string | undefined
  /** DE 7 and DE 11 of the purchase that a reversal names. */
  originalDe7?: string | undefined
  originalStan?: string | undefined
  /** The scripted fault that this message met. */
  fault?: string | undefined
}

const LINE_FEED = 10

export class Ledger {
  readonly #file: number | undefined
  readonly #fsync: boolean
  readonly #entries: LedgerEntry[]
  #size: number
  #closed = false

  /** Reads the file back; a torn last line was never answered and is cut off. */
  constructor(file: string | undefined, fsync: boolean) {
    this.#fsync = fsync
    this.#entries = []
    this.#size = 0
    this.#file = file === undefined ? undefined : openSync(file, 'a+', 0o600)
    if (file === undefined || this.#file === undefined) return
    this.#size = readBack(readFileSync(file), file, this.#entries)
    ftruncateSync(this.#file, this.#size)
  }

  entries(): readonly LedgerEntry[] {
    return this.#entries
  }

  /** Returns when the line is with the kernel, or on the disk when fsync is wanted. */
  append(entry: LedgerEntry): void {
    if (this.#file !== undefined) this.#write(this.#file, Buffer.from(`${JSON.stringify(entry)}\n`))
    this.#entries.push(entry)
  }

  close(): void {
    if (this.#file !== undefined && !this.#closed) closeSync(this.#file)
    this.#closed = true
  }

  #write(file: number, line: Buffer): void {
    try {
      for (let done = 0; done < line.length; ) done += writeSync(file, line, done)
      if (this.#fsync) fsyncSync(file)
      this.#size += line.length
    } catch (error) {
      this.#cutBack(file)
      throw new CardHostError('CARD_HOST_LEDGER_WRITE', `ledger: ${String(error)}`)
    }
  }

  /** A half-written line must not stand in front of a later one; a start would cut it off too. */
  #cutBack(file: number): void {
    try {
      ftruncateSync(file, this.#size)
    } catch {
      // The host stops with the error of the write itself.
    }
  }
}

/** Gives the length of the whole lines. */
function readBack(bytes: Buffer, file: string, into: LedgerEntry[]): number {
  let start = 0
  for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
    const entry = parseEntry(bytes.toString('utf8', start, end))
    if (entry === undefined) {
      const where = `${file}, line ${into.length + 1}`
      throw new CardHostError('CARD_HOST_LEDGER_DAMAGED', `${where}: not a ledger line`)
    }
    into.push(entry)
    start = end + 1
  }
  return start
}

/** One line as a reader of the file sees it; undefined when it is not a ledger line. */
export function parseEntry(line: string): LedgerEntry | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  return isEntry(value) ? value : undefined
}

function isEntry(value: unknown): value is LedgerEntry {
  if (typeof value !== 'object' || value === null) return false
  const entry = value as Partial<Record<keyof LedgerEntry, unknown>>
  const texts = [entry.at, entry.de7, entry.stan, entry.tid, entry.mid, entry.acquirer, entry.rrn]
  return (
    LEDGER_KINDS.some((kind) => kind === entry.kind) &&
    [...texts, entry.card, entry.cardHash, entry.rc].every((text) => typeof text === 'string') &&
    Number.isSafeInteger(entry.amountRial)
  )
}
