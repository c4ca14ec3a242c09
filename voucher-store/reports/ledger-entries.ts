// A card host's ledger in a temporary table of the connection that reads the store: one row for
// each purchase, with what was debited and given back. The file may be as long as it likes;
// memory does not grow with it. Lines that cannot be used are told, never passed over in silence.

import type Database from 'better-sqlite3'
import { type LedgerLine, readLedgerLine, wholeTid } from './ledger-line.ts'

export interface LedgerEntry {
  readonly id: number
  readonly de7: string | null
  readonly stan: string | null
  readonly tid: string | null
  readonly rrn: string | null
  readonly debited: number
  readonly reversed: number
  readonly debits: number
  readonly reversals: number
  /** Its first line in the file, and the latest moment of any. */
  readonly at_ms: number | null
  readonly last_ms: number | null
}

export interface LedgerProblem {
  readonly line: number
  readonly message: string
}

const PROBLEMS_MOST = 50
const LINE_BYTES_MOST = 65_536
const LINE_FEED = 10

export class LedgerEntries {
  readonly problems: LedgerProblem[] = []
  readonly #database: Database.Database
  readonly #byTrace: Database.Statement
  readonly #byRrn: Database.Statement
  readonly #insert: Database.Statement
  readonly #add: Database.Statement
  readonly #match: Database.Statement
  readonly #unmatched: Database.Statement
  #rest: Buffer = Buffer.alloc(0)
  #line = 0
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(database: Database.Database) {
    this.#database = database
    if (database.inTransaction) database.exec('rollback')
    database.exec('drop table if exists temp.entry')
    database.exec(
      `create temp table entry (id integer primary key, de7 text, stan text, tid text, rrn text,
         debited integer not null, reversed integer not null, debits integer not null,
         reversals integer not null, at_ms integer, last_ms integer, sale integer)`,
    )
    database.exec('create index temp.entry_trace on entry (de7, stan)')
    database.exec('create index temp.entry_rrn on entry (rrn) where rrn is not null')
    this.#byTrace = database.prepare(
      `select * from temp.entry where de7 = ? and stan = ?
         and (tid is null or tid = coalesce(?, tid)) order by tid is null limit 1`,
    )
    this.#byRrn = database.prepare('select * from temp.entry where rrn = ? order by id limit 1')
    this.#insert = database.prepare(
      `insert into temp.entry (de7, stan, tid, rrn, debited, reversed, debits, reversals, at_ms,
         last_ms)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#add = database.prepare(
      `update temp.entry set debited = debited + ?, reversed = reversed + ?, debits = debits + ?,
         reversals = reversals + ?, rrn = coalesce(rrn, ?), tid = coalesce(tid, ?),
         last_ms = max(last_ms, ?) where id = ?`,
    )
    this.#match = database.prepare('update temp.entry set sale = ? where id = ?')
    this.#unmatched = database.prepare('select * from temp.entry where sale is null order by id')
    // One commit for the whole file. The store itself is not read before it has ended.
    database.exec('begin')
  }

  push(chunk: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
    let start = 0
    for (let end = this.#rest.indexOf(LINE_FEED); end !== -1; ) {
      this.#take(this.#rest.toString('utf8', start, end))
      start = end + 1
      end = this.#rest.indexOf(LINE_FEED, start)
    }
    this.#rest = this.#rest.subarray(start)
    if (this.#rest.length <= LINE_BYTES_MOST) return
    this.#problem(this.#line + 1, `longer than ${LINE_BYTES_MOST} bytes`)
    this.#rest = Buffer.alloc(0)
  }

  /** A last line without a line feed counts when it is whole: a torn one was never answered. */
  end(): void {
    const last = this.#rest.toString('utf8')
    this.#rest = Buffer.alloc(0)
    if (isJson(last)) this.#take(last)
    this.#database.exec('commit')
  }

  /** By DE 7, 11 and 41, else by the RRN. */
  find(purchase: {
    de7: string | null
    stan: string | null
    tid: string | null
    rrn: string | null
  }): LedgerEntry | undefined {
    const { de7, stan, rrn } = purchase
    const tid = purchase.tid === null ? null : wholeTid(purchase.tid)
    const byTrace = de7 === null || stan === null ? undefined : this.#byTrace.get(de7, stan, tid)
    return (byTrace ?? (rrn === null ? undefined : this.#byRrn.get(rrn))) as LedgerEntry | undefined
  }

  /** Something in it is from before that time, and something from after it. */
  covers(fromMs: number, toMs: number): boolean {
    return this.#firstMs < fromMs && toMs < this.#lastMs
  }

  match(entry: LedgerEntry, sale: number): void {
    this.#match.run(sale, entry.id)
  }

  unmatched(): IterableIterator<LedgerEntry> {
    return this.#unmatched.iterate() as IterableIterator<LedgerEntry>
  }

  #take(text: string): void {
    this.#line++
    if (text.trim() === '') return
    const reading = readLedgerLine(this.#line === 1 ? text.replace(/^\ufeff/, '') : text)
    if (reading.kind === 'unusable') this.#problem(this.#line, reading.why)
    else if (reading.kind !== 'nothing') this.#enter(reading)
  }

  #problem(line: number, message: string): void {
    if (this.problems.length < PROBLEMS_MOST) this.problems.push({ line, message })
  }

  #enter(line: LedgerLine): void {
    const purchase = {
      de7: line.de7 ?? null,
      stan: line.stan ?? null,
      tid: line.tid ?? null,
      rrn: line.rrn ?? null,
    }
    const { amountRial, atMs = null } = line
    this.#firstMs = Math.min(this.#firstMs, atMs ?? this.#firstMs)
    this.#lastMs = Math.max(this.#lastMs, atMs ?? this.#lastMs)
    const amounts = line.kind === 'debit' ? [amountRial, 0, 1, 0] : [0, amountRial, 0, 1]
    const entry = this.find(purchase)
    if (entry !== undefined) {
      this.#add.run(...amounts, purchase.rrn, purchase.tid, atMs, entry.id)
      return
    }
    const { de7, stan, tid, rrn } = purchase
    this.#insert.run(de7, stan, tid, rrn, ...amounts, atMs, atMs)
  }
}

/** Of an object only the whole is; what it lacks is told like that of any other line. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
