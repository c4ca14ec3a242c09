// A store in memory with its writer, for tests of single records: stock of one product, sales in
// any state, and a look at the rows.

import type Database from 'better-sqlite3'
import { expect } from 'vitest'
import type { Rrn, Stan } from '../../../protocol/values/identifiers.ts'
import type { Rial } from '../../../protocol/values/rial.ts'
import type { JournalRecord, Outcome, WriteResult } from '../../../switch/core/journal.ts'
import type { StoreRecord } from '../../../voucher-store/store-record.ts'
import { GENESIS, verifyChain } from '../../../voucher-store/writer/chain.ts'
import { GroupCommit } from '../../../voucher-store/writer/group-commit.ts'
import { memoryDatabase, stock } from '../../simulation/sim-store.ts'

export const AT = Date.UTC(2026, 6, 22, 8)
export const DAY = 20260722
const REVERSAL = { stan: '900000' as Stan, transmission: '0722080001' }
const APPROVAL = { authCode: '004711', hostDate: '0722' }

export const SOLD: Outcome = { kind: 'sold', ...APPROVAL }
export const DECLINED: Outcome = { kind: 'declined', responseCode: '51' }
export const REVERSING: Outcome = {
  ...{ kind: 'reversing', responseCode: '68', reversal: REVERSAL, approval: undefined },
}

export class LedgerDesk {
  readonly database: Database.Database
  readonly groups: GroupCommit

  private constructor(database: Database.Database) {
    this.database = database
    this.groups = new GroupCommit(database)
  }

  /** Twenty vouchers of product 091905 in batch 1, two terminals. */
  static async open(): Promise<LedgerDesk> {
    const database = await memoryDatabase()
    stock(database, { terminals: 2, products: [{ id: '091905', vouchers: 20 }] })
    return new LedgerDesk(database)
  }

  write(...records: StoreRecord[]): WriteResult[] {
    const result = this.groups.write(records)
    if (result.kind === 'fatal') throw new Error(result.why)
    return [...result.results]
  }

  /** The record must be written. */
  must(...records: StoreRecord[]): void {
    for (const result of this.write(...records)) expect(result.kind).toBe('written')
  }

  /** The record must be refused, and leave every row as it was. */
  refuses(record: StoreRecord): string {
    const before = this.everything()
    const [result] = this.write(record)
    expect(result).toMatchObject({ kind: 'rolled-back', reason: 'guard' })
    expect(this.everything()).toEqual(before)
    return result?.kind === 'rolled-back' ? result.detail : ''
  }

  /** Every row that a record can touch. */
  everything(): unknown {
    const tables = ['sale', 'voucher', 'lot', 'reversal', 'refund', 'claim', 'terminal_tally']
    const rows = [...tables, 'counter', 'journal', 'day_end', 'product'].map((table) =>
      this.database.prepare(`select * from ${table} order by 1`).all(),
    )
    return JSON.parse(JSON.stringify(rows))
  }

  row(table: string, where: string): Record<string, unknown> {
    const found = this.database.prepare(`select * from ${table} where ${where}`).all()
    expect(found).toHaveLength(1)
    return found[0] as Record<string, unknown>
  }

  /** Counts of the lot: available, reserved, sold, quarantined; they must be those of its rows. */
  stock(): number[] {
    const counts = ['available', 'reserved', 'sold', 'quarantined', 'fenced', 'voided', 'expired']
    const lot = this.row('lot', 'id = 1')
    const rows = counts.map((_count, state) =>
      this.database.prepare('select count(*) from voucher where state = ?').pluck().get(state),
    )
    expect(counts.map((count) => lot[count])).toEqual(rows)
    return (rows as number[]).slice(0, 4)
  }

  chainIsWhole(): void {
    expect(verifyChain(this.database, { after: GENESIS }).why).toBeUndefined()
  }
}

export function intent(id: number, voucherIds: readonly number[] = [id], change: object = {}) {
  const stan = String(id).padStart(6, '0') as Stan
  return {
    ...{ kind: 'intent', id, voucherIds, count: voucherIds.length, merchantKey: 1, atMs: AT },
    key: { terminalKey: 1, day: DAY, time: '113000', stan },
    content: {
      ...{ processingCode: '150000', amount: (50_000 * voucherIds.length) as Rial },
      ...{ order: '091905 01', cardHash: 'ab' },
    },
    product: '091905',
    rrn: `6203${String(id).padStart(8, '0')}` as Rrn,
    host: { link: 'bank', stan, transmission: '0722080000' },
    sealedCard: 'sealed card',
    maskedCard: '603799******0014',
    ...change,
  } as Extract<JournalRecord, { kind: 'intent' }>
}

export function outcome(id: number, ending: Outcome): JournalRecord {
  return { kind: 'outcome', id, outcome: ending, atMs: AT + 1 }
}

export function refund(id: number): JournalRecord {
  return {
    ...{ kind: 'refund', id, terminalKey: 1, merchantKey: 1, day: DAY, counted: true },
    ...{ amount: 50_000 as Rial, reversal: REVERSAL, atMs: AT + 2 },
  }
}

export function cancel(id: number): JournalRecord {
  const { key } = intent(id)
  return { kind: 'cancel', id, key, merchantKey: 1, isTombstone: false, atMs: AT + 2 }
}

export function reversal(
  id: number,
  status: Extract<JournalRecord, { kind: 'reversal' }>['status'],
  change: object = {},
): JournalRecord {
  const rest = { responseCode: '00', tries: 1, approval: undefined, fresh: undefined }
  return { kind: 'reversal', id, status, ...rest, why: 'test', atMs: AT + 3, ...change }
}

export const confirm = (id: number): JournalRecord => ({
  ...{ kind: 'confirm', id, by: '0220', atMs: AT + 2 },
})
export const disclosure = (id: number): JournalRecord => ({
  ...{ kind: 'disclosure', id, by: 'repeat', atMs: AT + 2 },
})
export const reprint = (id: number, number: number): JournalRecord => ({
  ...{ kind: 'reprint', id, number, atMs: AT + 2 },
})
export const lease = (counter: string, high: number): JournalRecord => ({
  ...{ kind: 'lease', counter, high, atMs: AT },
})

export function refusal(id: number): JournalRecord {
  const { key, content, product, count, rrn, maskedCard } = intent(id)
  return {
    ...{ kind: 'refusal', id, key, merchantKey: 1, content, product, count, rrn, maskedCard },
    ...{ responseCode: '44', atMs: AT },
  }
}
