// The store of a simulation that must be fast: the journal's port and both readers over plain
// objects, with the same answers as the SQLite writer and readers, which a differential test
// compares. Commits at once; delay, crash and faults are its user's. Keeps no journal, only rows.

import type {
  Journal,
  JournalRecord,
  ReversalStatus,
  WriteResult,
} from '../../switch/core/journal.ts'
import type { SaleState } from '../../switch/core/sale-record.ts'
import { type BatchState, VOUCHER_STATES, type VoucherState } from '../../voucher-store/codes.ts'
import { GuardError } from '../../voucher-store/writer/guard-error.ts'
import { Digest } from './memory-store/digest.ts'
import { MemoryLedger } from './memory-store/ledger.ts'
import { MemorySaleReader, type MemoryTerminal } from './memory-store/reader.ts'
import type { LotRow, ReversalRow, SaleRow, VoucherRow } from './memory-store/rows.ts'
import { MemoryStock, type NewBatch } from './memory-store/stock.ts'
import { MemoryWriter } from './memory-store/writer.ts'

/** All that a store holds at one moment; a store can be set back to it any number of times. */
export interface StoreSnapshot {
  readonly ledger: MemoryLedger
  readonly stock: MemoryStock
  readonly written: number
}

export class MemoryStore implements Journal {
  readonly #terminals: ReadonlyMap<number, MemoryTerminal>
  #ledger = new MemoryLedger()
  #stock = new MemoryStock()
  #writer = new MemoryWriter(this.#ledger, this.#stock)
  #written = 0

  /** Terminals by their keys: a reversal carries their ids. */
  constructor(terminals: ReadonlyMap<number, MemoryTerminal>) {
    this.#terminals = terminals
  }

  /** One group. A record that is refused leaves nothing behind and never fails its group. */
  apply(records: readonly JournalRecord[]): WriteResult[] {
    return records.map((record) => this.#applyOne(record))
  }

  write(record: JournalRecord): Promise<WriteResult> {
    return Promise.resolve(this.#applyOne(record))
  }

  #applyOne(record: JournalRecord): WriteResult {
    try {
      const result = this.#writer.write(record)
      this.#written++
      return result
    } catch (error) {
      if (!(error instanceof GuardError)) throw error
      return { kind: 'rolled-back', reason: 'guard', detail: error.message }
    }
  }

  /** The readers of a process that starts now; they see every later commit, until a `restore`. */
  get sales(): MemorySaleReader {
    return new MemorySaleReader(this.#ledger, this.#terminals)
  }

  get stock(): MemoryStock {
    return this.#stock
  }

  /** Records that were written: the journal's newest number, if there was one. */
  get written(): number {
    return this.#written
  }

  addBatch(batch: NewBatch): void {
    this.#stock.addBatch(batch)
  }

  setBatchState(id: number, state: BatchState): void {
    this.#stock.setBatchState(id, state)
  }

  snapshot(): StoreSnapshot {
    return { ledger: this.#ledger.copy(), stock: this.#stock.copy(), written: this.#written }
  }

  /** As a backup put back. Readers that were taken before do not see it: the process is another. */
  restore(snapshot: StoreSnapshot): void {
    this.#ledger = snapshot.ledger.copy()
    this.#stock = snapshot.stock.copy()
    this.#written = snapshot.written
    this.#writer = new MemoryWriter(this.#ledger, this.#stock)
  }

  /** Sales in each state. */
  saleCounts(): Partial<Record<SaleState, number>> {
    const counts: Partial<Record<SaleState, number>> = {}
    for (const { state } of this.#ledger.sales.values()) counts[state] = (counts[state] ?? 0) + 1
    return counts
  }

  /** Reversals in each status. */
  reversalCounts(): Partial<Record<ReversalStatus, number>> {
    const counts: Partial<Record<ReversalStatus, number>> = {}
    for (const { status } of this.#ledger.reversals.values()) {
      counts[status] = (counts[status] ?? 0) + 1
    }
    return counts
  }

  /** Vouchers in each state as their rows say, over all lots. */
  voucherCounts(): Record<VoucherState, number> {
    const counts = Object.fromEntries(VOUCHER_STATES.map((state) => [state, 0]))
    for (const { state } of this.#stock.vouchers()) counts[state] = (counts[state] ?? 0) + 1
    return counts as Record<VoucherState, number>
  }

  saleRows(): IterableIterator<Readonly<SaleRow>> {
    return this.#ledger.sales.values()
  }

  reversalRows(): IterableIterator<Readonly<ReversalRow>> {
    return this.#ledger.reversals.values()
  }

  lotRows(): IterableIterator<Readonly<LotRow>> {
    return this.#stock.lots()
  }

  voucherRows(): IterableIterator<Readonly<VoucherRow>> {
    return this.#stock.vouchers()
  }

  claimCount(): number {
    return this.#ledger.claims.size
  }

  problems(): string[] {
    return this.#stock.problems()
  }

  /** Equal for equal states, whatever order their rows were made in. */
  fingerprint(): string {
    const digest = new Digest()
    const { sales, reversals, refunds, claims, tallies, dayEnds, counters } = this.#ledger
    const { terminalUses, merchantUses } = this.#ledger
    const small = [claims, tallies, dayEnds, counters, terminalUses, merchantUses] as const
    const tables = [sales, reversals, refunds, ...small] as const
    for (const table of tables) {
      for (const [key, row] of sorted(table)) digest.text(`${key} ${JSON.stringify(row)}`)
      digest.num(-1)
    }
    for (const { id, state } of this.#stock.batches()) digest.num(id).text(state)
    for (const { id, state, sale } of this.#stock.vouchers()) {
      digest
        .num(id)
        .text(state)
        .num(sale ?? -1)
    }
    return digest.hex()
  }
}

function sorted(table: ReadonlyMap<string | number, unknown>): [string | number, unknown][] {
  return [...table].sort(([a], [b]) => (a < b ? -1 : 1))
}
