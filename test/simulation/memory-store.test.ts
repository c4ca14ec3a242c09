// The store in memory against the real one: the same records, legal and illegal, in the same
// groups, go into both, and every result and every reader's answer must be the same.

import type Database from 'better-sqlite3'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { MerchantId, TerminalId } from '../../protocol/values/identifiers.ts'
import type { Sellable } from '../../switch/core/inventory.ts'
import type { JournalRecord, SaleKey, SaleReader } from '../../switch/core/journal.ts'
import { SqliteSaleReader } from '../../voucher-store/reading/sale-reader.ts'
import { SqliteStockReader } from '../../voucher-store/reading/stock-reader.ts'
import { Sqlite } from '../../voucher-store/sqlite.ts'
import { GroupCommit } from '../../voucher-store/writer/group-commit.ts'
import {
  BATCHES,
  DAYS,
  groupOf,
  IDS,
  keyOf,
  PRODUCTS,
  TERMINAL_KEYS,
  traceOf,
} from './memory-store/random-records.ts'
import { MemoryStore } from './memory-store.ts'
import { memoryDatabase } from './sim-store.ts'

const TERMINALS = new Map(
  TERMINAL_KEYS.map((key) => [
    key,
    { tid: String(10_000_000 + key) as TerminalId, mid: '000000000100001' as MerchantId },
  ]),
)

/** All, what is good on a day of each kind, and without a batch. */
const SELLABLE: readonly (Sellable | undefined)[] = [
  undefined,
  ...[20260101, 20280101].map((day) => ({ day, held: new Set<number>() })),
  { day: 20240101, held: new Set([2]) },
]

let image: Buffer

beforeAll(async () => {
  const database = await memoryDatabase()
  database.pragma('foreign_keys = off')
  database
    .prepare(
      `insert into merchant (id, institution, mid, name, city, enabled)
       values (1, 0, '000000000100001', 'SHOP', 'TEHRAN', 1)`,
    )
    .run()
  const terminal = database.prepare(
    "insert into terminal (id, merchant, tid, scheme, enabled) values (?, 1, ?, 'none', 1)",
  )
  for (const [key, { tid }] of TERMINALS) terminal.run(key, tid)
  for (const batch of BATCHES) addBatch(database, batch)
  image = database.serialize()
  database.close()
})

function addBatch(database: Database.Database, { id, lots }: (typeof BATCHES)[number]): void {
  database
    .prepare("insert into batch values (?, 'generic', ?, ?, null, 2, 1, 0, 0, null)")
    .run(id, `file ${id}`, `hash ${id}`)
  const insert = database.prepare('insert into voucher values (?, ?, ?, ?, ?, ?, 0, null)')
  for (const lot of lots) {
    database
      .prepare(
        `insert into lot (id, batch, product, expires, imported, available)
         values (?, ?, ?, ?, ?, ?)`,
      )
      .run(lot.id, id, Number(lot.product), lot.expires, lot.vouchers.length, lot.vouchers.length)
    for (const { id: voucher, serial, sealed } of lot.vouchers) {
      insert.run(voucher, lot.id, 919, serial, sealed, Buffer.from(serial))
    }
  }
}

class Twins {
  readonly memory = new MemoryStore(TERMINALS)
  readonly #database: Database.Database
  readonly #groups: GroupCommit
  readonly #sales: SqliteSaleReader
  readonly #stock: SqliteStockReader

  constructor() {
    this.#database = new Sqlite(Buffer.from(image))
    this.#database.pragma('foreign_keys = off')
    this.#groups = new GroupCommit(this.#database)
    this.#sales = new SqliteSaleReader(this.#database)
    this.#stock = new SqliteStockReader(this.#database)
    for (const batch of BATCHES) this.memory.addBatch({ ...batch, state: 'released' })
  }

  /** How many of the group's records were refused. */
  write(records: readonly JournalRecord[]): number {
    const real = this.#groups.write(records)
    if (real.kind === 'fatal') throw new Error(real.why)
    const mine = this.memory.apply(records)
    expect(mine.map(withoutDetail)).toEqual(real.results.map(withoutDetail))
    expect(this.memory.written).toBe(real.head.jseq)
    for (const product of PRODUCTS) this.#walk(product, 3, undefined)
    return mine.filter((result) => result.kind !== 'written').length
  }

  hold(batch: number, held: boolean): void {
    const set = this.#database.prepare('update batch set state = ? where id = ?')
    set.run(held ? 3 : 2, batch)
    this.memory.setBatchState(batch, held ? 'held' : 'released')
  }

  addBatch(id: number): void {
    const fresh = {
      ...{ id, state: 'released' as const },
      lots: [
        {
          ...{ id, product: PRODUCTS[0] as string, expires: 20991231 },
          vouchers: [1, 2].map((n) => ({
            ...{ id: id * 100 + n, serial: `new ${id} ${n}`, sealed: Buffer.from([id, n]) },
          })),
        },
      ],
    }
    addBatch(this.#database, fresh)
    this.memory.addBatch(fresh)
  }

  compare(): void {
    const { sales, stock } = this.memory
    for (const answer of answers(this.#sales)) {
      expect([answer.what, answer.of(sales)]).toEqual([answer.what, answer.of(this.#sales)])
    }
    expect(sales.openIntents()).toEqual(this.#sales.openIntents())
    expect(sales.highestSaleId()).toBe(this.#sales.highestSaleId())
    for (const name of ['rrn', 'stan', 'none']) {
      expect(sales.counter(name)).toBe(this.#sales.counter(name))
    }
    for (const product of PRODUCTS) {
      for (const most of [1, 3, 50]) {
        for (const only of SELLABLE) this.#walk(product, most, only)
      }
    }
    for (const id of [1, 5, 9, 777]) expect(stock.byId(id)).toEqual(this.#stock.byId(id))
    this.#compareRows()
  }

  #walk(product: string, most: number, only: Sellable | undefined): void {
    let cursor: Parameters<SqliteStockReader['available']>[1]
    for (let page = 0; page < 4; page++) {
      const real = this.#stock.available(product, cursor, most, only)
      expect(this.memory.stock.available(product, cursor, most, only)).toEqual(real)
      cursor = real.cursor
    }
  }

  #compareRows(): void {
    const rows = 'select id, available, reserved, sold, quarantined, imported from lot order by id'
    const lots = [...this.memory.lotRows()].map(({ id, counts, imported }) => {
      const { available, reserved, sold, quarantined } = counts
      return { id, available, reserved, sold, quarantined, imported }
    })
    expect(lots).toEqual(this.#database.prepare(rows).all())
    const claims = this.#database.prepare('select count(*) from claim').pluck().get()
    expect(this.memory.claimCount()).toBe(claims)
    const marks = this.#database
      .prepare('select id, disclosures, host_date as hostDate from sale order by id')
      .all()
    const mine = [...this.memory.saleRows()].map(({ id, disclosures, hostDate }) => {
      return { id, disclosures, hostDate: hostDate ?? null }
    })
    expect(mine.sort((a, b) => a.id - b.id)).toEqual(marks)
    expect(this.memory.problems()).toEqual([])
  }

  close(): void {
    this.#database.close()
  }
}

function nameOf({ terminalKey, day, time, stan }: SaleKey): string {
  return `${terminalKey} ${day} ${time} ${stan}`
}

function withoutDetail(result: object): object {
  return { ...result, detail: undefined }
}

/** Every question that the core asks a reader, about everything the records may speak of. */
function answers(real: SqliteSaleReader): { what: string; of: (reader: SaleReader) => unknown }[] {
  const asked: { what: string; of: (reader: SaleReader) => unknown }[] = []
  for (const id of IDS) {
    asked.push({ what: `sale ${id}`, of: (reader) => reader.byId(id) })
    asked.push({ what: `key ${id}`, of: (reader) => reader.find(keyOf(id)) })
    asked.push({ what: `claim ${id}`, of: (reader) => reader.hasClaim(id, 'daily limit') })
    asked.push({ what: `day end ${id}`, of: (reader) => reader.dayEnd(keyOf(id)) })
    asked.push({ what: `reversal ${id}`, of: (reader) => reader.openReversal(id) })
    const { tid } = [...TERMINALS.values()][id % 2] as { tid: TerminalId }
    asked.push({ what: `host ${id}`, of: (reader) => reader.reversalByHost(traceOf(id), tid) })
    asked.push({
      what: `sent ${id}`,
      of: (reader) => reader.sentAbout(reader.byId(id)?.createdMs ?? 0, traceOf(id), tid),
    })
  }
  for (const key of TERMINAL_KEYS) {
    asked.push({ what: `use of t ${key}`, of: (reader) => reader.dayUse({ terminalKey: key }) })
    asked.push({ what: `use of m ${key}`, of: (reader) => reader.dayUse({ merchantKey: key }) })
    asked.push({ what: `newest of ${key}`, of: (reader) => reader.newestSold(key, 3) })
    for (const day of DAYS) {
      asked.push({
        what: `t ${key}`,
        of: (reader) => reader.refundTally(day, { terminalKey: key }),
      })
      asked.push({
        what: `m ${key}`,
        of: (reader) => reader.refundTally(day, { merchantKey: key }),
      })
    }
  }
  asked.push({ what: 'first day', of: (reader) => reader.firstDay() })
  for (const id of IDS) {
    const { day, time } = keyOf(id)
    asked.push({
      what: `identities after ${id}`,
      of: (reader) => reader.identitiesAfter(day, time, 1_000).map(nameOf).sort(),
    })
  }
  for (const after of [0, 2, 5]) {
    asked.push({ what: `open after ${after}`, of: (reader) => reader.openReversals(after, 2) })
  }
  if (real.openReversals(0, 1_000).length > IDS.length) throw new Error('more than was asked for')
  return asked
}

describe('the store in memory', () => {
  it('answers every record and every question as the SQLite store does', () => {
    let refused = 0
    let written = 0
    const kinds = new Set<string>()
    const step = fc.oneof(
      { weight: 14, arbitrary: groupOf().map((group) => ({ do: 'write' as const, group })) },
      { weight: 1, arbitrary: fc.boolean().map((held) => ({ do: 'hold' as const, held })) },
      { weight: 1, arbitrary: fc.constant({ do: 'import' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'restore' as const }) },
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 8, maxLength: 30 }), (steps) => {
        const twins = new Twins()
        let batch = 100
        for (const each of steps) {
          if (each.do === 'hold') twins.hold(1, each.held)
          else if (each.do === 'import') twins.addBatch(batch++)
          else if (each.do === 'restore') twins.memory.restore(twins.memory.snapshot())
          else {
            const most = twins.write(each.group)
            refused += most
            written += each.group.length - most
            for (const { kind } of each.group) kinds.add(kind)
          }
        }
        twins.compare()
        twins.close()
      }),
      { numRuns: 150, seed: 20260101 },
    )
    // Both kinds of fate were met often, by every kind of record.
    expect(refused).toBeGreaterThan(500)
    expect(written).toBeGreaterThan(1_000)
    expect(kinds.size).toBe(14)
    // Much is computed; beside other work it takes a multiple of its seconds.
  }, 120_000)

  it('goes back to a snapshot with all that it can tell', () => {
    const twins = new Twins()
    const { memory } = twins
    const before = memory.fingerprint()
    const snapshot = memory.snapshot()
    for (const group of fc.sample(groupOf(), { numRuns: 60, seed: 4 })) twins.write(group)
    const after = memory.fingerprint()
    expect(after).not.toBe(before)
    const later = memory.snapshot()
    memory.restore(snapshot)
    expect(memory.fingerprint()).toBe(before)
    memory.restore(later)
    expect(memory.fingerprint()).toBe(after)
    twins.compare()
    twins.close()
  })

  it('tells an expired voucher, one of another product and one of a held batch from stock', () => {
    const memory = new MemoryStore(TERMINALS)
    for (const batch of BATCHES) memory.addBatch({ ...batch, state: 'released' })
    const [intent] = fc
      .sample(groupOf('intent'), { numRuns: 50, seed: 1 })
      .flat()
      .filter((record) => record.kind === 'intent')
    if (intent?.kind !== 'intent') throw new Error('no intent was drawn')
    const wants = (product: string, voucherId: number): string | undefined => {
      const result = memory.apply([{ ...intent, product, voucherIds: [voucherId] }])[0]
      return result?.kind === 'written' ? 'written' : result?.detail
    }
    expect(wants(PRODUCTS[1] as string, 1)).toContain('another product')
    expect(wants(PRODUCTS[0] as string, 9)).toContain('expired')
    memory.setBatchState(1, 'held')
    expect(wants(PRODUCTS[0] as string, 1)).toContain('not released')
    memory.setBatchState(1, 'released')
    expect(wants(PRODUCTS[0] as string, 1)).toBe('written')
    expect(wants(PRODUCTS[0] as string, 1)).toContain('not in stock')
  })
})
