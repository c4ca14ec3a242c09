// Turns one journal record into rows: the record itself at the end of the chain, and the state it
// makes of sale, stock and counters. Runs inside the group's transaction and knows nothing of it.

import type Database from 'better-sqlite3'
import type { JournalRecord, WriteResult } from '../../switch/core/journal.ts'
import type { AdminRecord, KeyRecord, SeenRecord, StoreRecord } from '../store-record.ts'
import { ChainWriter } from './chain.ts'
import { GroupSums } from './group-sums.ts'
import { GuardError } from './guard-error.ts'
import { DayEndWriter } from './write-day-end.ts'
import { KeyWriter } from './write-keys.ts'
import { SaleWriter } from './write-sales.ts'
import { SeenWriter } from './write-seen.ts'
import { StockWriter } from './write-stock.ts'

const WRITTEN: WriteResult = { kind: 'written' }

export class RecordWriter {
  readonly chain: ChainWriter
  readonly #database: Database.Database
  readonly #sums: GroupSums
  readonly #sales: SaleWriter
  readonly #stock: StockWriter
  readonly #dayEnds: DayEndWriter
  readonly #keys: KeyWriter
  readonly #seen: SeenWriter
  readonly #lease: Database.Statement
  #text = ''
  #statement: Database.Statement | undefined

  constructor(database: Database.Database) {
    this.#database = database
    this.chain = new ChainWriter(database)
    this.#sums = new GroupSums(database)
    this.#stock = new StockWriter(database, this.#sums)
    this.#sales = new SaleWriter(database, this.#stock, this.#sums)
    this.#dayEnds = new DayEndWriter(database)
    this.#keys = new KeyWriter(database)
    this.#seen = new SeenWriter(database)
    this.#lease = database.prepare(
      `insert into counter (name, high) values (?, ?)
       on conflict (name) do update set high = max(high, excluded.high)`,
    )
  }

  apply(record: StoreRecord): WriteResult {
    if (record.kind === 'seen') {
      this.#seen.write(record.terminals)
      return WRITTEN
    }
    return this.write(record, this.chain.append(record.kind, record.atMs, bodyOf(record)))
  }

  /** The rows of a record that is in the chain already. */
  write(record: Exclude<StoreRecord, SeenRecord>, jseq: number): WriteResult {
    return record.kind === 'admin' ? this.#admin(record) : this.#record(record, jseq)
  }

  /** After the last record, before the commit: what records only added to a sum is written. */
  writeSums(): void {
    this.#sums.write()
  }

  /** Nothing is left of what was written since the last commit, or since `writeSums`. */
  rolledBack(): void {
    this.#sums.discard()
    this.#stock.forget()
    this.#sales.rolledBack()
  }

  #record(record: JournalRecord | KeyRecord, jseq: number): WriteResult {
    switch (record.kind) {
      case 'key-set':
        this.#keys.put(record)
        return WRITTEN
      case 'key-activation':
        this.#keys.activate(record)
        return WRITTEN
      case 'intent':
        this.#sales.intent(record, jseq)
        return WRITTEN
      case 'outcome':
        this.#sales.outcome(record, jseq)
        return WRITTEN
      case 'refusal':
        this.#sales.refusal(record, jseq)
        return WRITTEN
      case 'cancel':
        this.#sales.cancel(record, jseq)
        return WRITTEN
      case 'refund':
        // It takes from the sum of its merchant.
        this.#sums.write()
        this.#sales.refund(record, jseq)
        return WRITTEN
      case 'claim':
        this.#sales.claim(record.id, record.reason, record.atMs)
        return WRITTEN
      case 'confirm':
        this.#sales.confirm(record.id, record.atMs, jseq)
        return WRITTEN
      case 'disclosure':
        this.#sales.disclosure(record.id, jseq)
        return WRITTEN
      case 'reprint':
        this.#sales.reprint(record.id, record.number, jseq)
        return WRITTEN
      case 'answered':
        this.#sales.answered(record.ids)
        return WRITTEN
      case 'reversal':
        this.#sales.reversal(record, jseq)
        return WRITTEN
      case 'end-of-day':
        return { kind: 'written', ...this.#dayEnds.write(record) }
      case 'quarantine':
        this.#stock.takeOut(record.voucherId, 'quarantined')
        return WRITTEN
      case 'lease':
        this.#lease.run(record.counter, record.high)
        return WRITTEN
    }
  }

  /** Administration: statements that knex built, in the same commit as their journal record. */
  #admin(record: AdminRecord): WriteResult {
    this.#sums.write()
    this.#stock.forget()
    let changes = 0
    for (const statement of record.statements) {
      const result = this.#prepared(statement.sql).run(...statement.bindings)
      if (statement.expect !== undefined && result.changes !== statement.expect) {
        throw new GuardError(`${record.action}: ${result.changes} rows, not ${statement.expect}`)
      }
      changes += result.changes
    }
    return { kind: 'written', changes }
  }

  /** Chunks of an import, one after another, are of the same long text. */
  #prepared(text: string): Database.Statement {
    if (text !== this.#text) {
      this.#statement = this.#database.prepare(text)
      this.#text = text
    }
    return this.#statement as Database.Statement
  }
}

/** The journal keeps no card number, not even enciphered: what is sealed must be destroyable. */
function bodyOf(record: Exclude<StoreRecord, SeenRecord>): string {
  if (record.kind === 'admin') {
    const statements = record.statements
      .filter(({ unkept }) => unkept === undefined)
      .map(({ copied, ...all }) => (copied ? { copied } : all))
    const { action, by, how } = record
    return JSON.stringify({ action, by, how, ...record.detail, statements })
  }
  // What columns of the row say already is left out; an outcome's own kind is not that.
  const isSaid = { kind: undefined, atMs: undefined }
  if (record.kind === 'key-set' || record.kind === 'key-activation') {
    return JSON.stringify({ ...record, ...isSaid, set: undefined, under: undefined })
  }
  return JSON.stringify({ ...record, ...isSaid, sealedCard: undefined })
}
