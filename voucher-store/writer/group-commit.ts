// One transaction for many records, one fsync for all of them. A record that is refused never fails
// its group. An error of COMMIT itself is ambiguous unless SQLite proves that everything was rolled
// back. [nothing-lost, rules 1, 10, 13]
//
// Hardly ever is a record refused, and a savepoint for each keeps a copy of every page that it
// touches. So a group is first written without any; when one of its records is refused, all of it
// is rolled back and written again, each record with a savepoint that undoes it alone.

import type Database from 'better-sqlite3'
import type { WriteResult } from '../../switch/core/journal.ts'
import type { StoreRecord } from '../store-record.ts'
import type { ChainHead } from './chain.ts'
import { GuardError } from './guard-error.ts'
import { RecordWriter } from './record-writer.ts'

export type GroupResult =
  | { readonly kind: 'done'; readonly results: readonly WriteResult[]; readonly head: ChainHead }
  /** Whether it was committed cannot be told: the process must end. */
  | { readonly kind: 'fatal'; readonly why: string }

export class GroupCommit {
  readonly #database: Database.Database
  readonly #records: RecordWriter
  readonly #begin: Database.Statement
  readonly #commit: Database.Statement
  readonly #savepoint: Database.Statement
  readonly #release: Database.Statement
  readonly #undo: Database.Statement
  readonly #rollback: Database.Statement

  constructor(database: Database.Database) {
    this.#database = database
    this.#records = new RecordWriter(database)
    this.#begin = database.prepare('begin immediate')
    this.#commit = database.prepare('commit')
    this.#savepoint = database.prepare('savepoint record')
    this.#release = database.prepare('release record')
    this.#undo = database.prepare('rollback to record')
    this.#rollback = database.prepare('rollback')
  }

  write(records: readonly StoreRecord[]): GroupResult {
    let results: readonly WriteResult[]
    try {
      results = this.#writeTogether(records) ?? this.#writeApart(records)
    } catch (error) {
      return this.#rollBack(records.length, error)
    }
    try {
      this.#commit.run()
    } catch (error) {
      if (isFull(error)) return this.#rollBack(records.length, error)
      return { kind: 'fatal', why: `commit failed: ${textOf(error)}` }
    }
    return { kind: 'done', results, head: this.#records.chain.committed() }
  }

  /** Undefined: one of them was refused, and nothing is left of any. */
  #writeTogether(records: readonly StoreRecord[]): readonly WriteResult[] | undefined {
    this.#begin.run()
    try {
      const results = records.map((record) => this.#records.apply(record))
      this.#records.writeSums()
      return results
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#rollback.run()
      this.#rolledBack()
      return undefined
    }
  }

  #writeApart(records: readonly StoreRecord[]): readonly WriteResult[] {
    this.#begin.run()
    return records.map((record) => this.#writeOne(record))
  }

  #writeOne(record: StoreRecord): WriteResult {
    const { chain } = this.#records
    const head = chain.head
    this.#savepoint.run()
    try {
      const result = this.#records.apply(record)
      this.#records.writeSums()
      this.#release.run()
      return result
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#undo.run()
      this.#release.run()
      chain.backTo(head)
      this.#records.rolledBack()
      return { kind: 'rolled-back', reason: 'guard', detail: textOf(error) }
    }
  }

  /** Proven: no transaction is open any more and nothing of it was committed. */
  #rollBack(count: number, error: unknown): GroupResult {
    if (!isFull(error)) return { kind: 'fatal', why: textOf(error) }
    if (this.#database.inTransaction) this.#rollback.run()
    const head = this.#rolledBack()
    const result: WriteResult = { kind: 'rolled-back', reason: 'full', detail: textOf(error) }
    const results = Array.from({ length: count }, () => result)
    return { kind: 'done', results, head }
  }

  #rolledBack(): ChainHead {
    this.#records.rolledBack()
    return this.#records.chain.rolledBack()
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof GuardError) return true
  return String((error as { code?: unknown }).code).startsWith('SQLITE_CONSTRAINT')
}

/** SQLite says so of a write that the system refused with ENOSPC, and of no other. */
export function isFull(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'SQLITE_FULL'
}

export function textOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return `${String(code ?? 'error')}: ${String(message)}`
}
