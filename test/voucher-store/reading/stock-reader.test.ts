// What the windows of the inventory are filled from: the order over lots, pages that go on where
// the last one ended, and what is left out.

import type Database from 'better-sqlite3'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { StockCursor } from '../../../switch/core/inventory.ts'
import { SqliteStockReader } from '../../../voucher-store/reading/stock-reader.ts'
import { memoryDatabase, stock } from '../../simulation/sim-store.ts'

let database: Database.Database
let reader: SqliteStockReader

beforeEach(async () => {
  database = await memoryDatabase()
  stock(database, { terminals: 1, products: [{ id: '091905', vouchers: 0 }] })
  reader = new SqliteStockReader(database)
})

interface Lot {
  batch?: number
  product?: number
  expires: number
  count: number
}

let nextId = 0

function add({ batch = 1, product = 91_905, expires, count }: Lot): void {
  const lot = database
    .prepare(
      `insert into lot (batch, product, expires, imported, available) values (?, ?, ?, ?, ?)
       on conflict do update set imported = imported + excluded.imported,
         available = available + excluded.available returning id`,
    )
    .pluck()
    .get(batch, product, expires, count, count)
  const insert = database.prepare("insert into voucher values (?, ?, 919, ?, x'01', ?, 0, null)")
  for (let n = 0; n < count; n++) {
    nextId++
    insert.run(nextId, lot, `SN${nextId}`, Buffer.from(`print ${nextId}`))
  }
}

function addBatch(id: number, state: number): void {
  const insert = "insert into batch values (?, 'generic', ?, ?, null, ?, 4, 0, 0, null)"
  database.prepare(insert).run(id, `file ${id}`, `hash ${id}`, state)
}

/** All that is read, page by page, as expiry and id. */
function readAll(most: number): number[][] {
  const found: number[][] = []
  let cursor: StockCursor
  for (;;) {
    const page = reader.available('091905', cursor, most)
    expect(page.vouchers.length).toBeLessThanOrEqual(most)
    found.push(...page.vouchers.map(({ expires, id }) => [expires, id]))
    if (page.vouchers.length < most) return found
    cursor = page.cursor
  }
}

beforeEach(() => {
  nextId = 0
})

describe('stock', () => {
  it('is read in order of expiry, then of lot and number', () => {
    addBatch(2, 2)
    add({ expires: 20280101, count: 2 })
    add({ expires: 20270101, count: 2 })
    add({ batch: 2, expires: 20270101, count: 1 })
    expect(readAll(10).map(([, id]) => id)).toEqual([3, 4, 5, 1, 2])
  })

  it('is read whole and once, whatever the size of a page', () => {
    const lots = fc.array(
      fc.record({
        expires: fc.integer({ min: 20270101, max: 20270104 }),
        ...{ batch: fc.integer({ min: 1, max: 3 }), count: fc.integer({ min: 1, max: 5 }) },
      }),
      { maxLength: 8 },
    )
    addBatch(2, 2)
    addBatch(3, 2)
    fc.assert(
      fc.property(lots, fc.integer({ min: 1, max: 7 }), (some, most) => {
        database.exec('delete from voucher; delete from lot')
        nextId = 0
        for (const lot of some) add(lot)
        const found = readAll(most)
        const expiries = found.map(([expires]) => expires)
        expect(expiries).toEqual([...expiries].sort((a = 0, b = 0) => a - b))
        expect(new Set(found.map(([, id]) => id)).size).toBe(nextId)
        expect(found).toHaveLength(nextId)
      }),
      { numRuns: 40 },
    )
  })

  it('goes on over a lot that was used up since the last page', () => {
    add({ expires: 20270101, count: 3 })
    add({ expires: 20270102, count: 2 })
    const { cursor } = reader.available('091905', undefined, 3)
    database.exec('update lot set available = 0 where expires = 20270101')
    database.exec('update voucher set state = 2 where id <= 3')
    expect(reader.available('091905', cursor, 5).vouchers.map(({ id }) => id)).toEqual([4, 5])
  })

  it('leaves out other products, other states and batches that are not released', () => {
    add({ expires: 20270101, count: 4 })
    add({ product: 91_910, expires: 20270101, count: 1 })
    for (const [batch, state] of [
      [2, 0],
      [3, 1],
      [4, 3],
      [5, 4],
    ] as const) {
      addBatch(batch, state)
      add({ batch, expires: 20270101, count: 1 })
    }
    database.exec('update voucher set state = 1 where id = 1')
    database.exec('update voucher set state = 2 where id = 2')
    database.exec('update voucher set state = 3 where id = 3')
    expect(readAll(10)).toEqual([[20270101, 4]])
  })

  it('leaves out lots that nobody may be sold, and says until when the latest was good', () => {
    add({ expires: 20270101, count: 2 })
    add({ expires: 20270103, count: 1 })
    addBatch(2, 2)
    add({ batch: 2, expires: 20270104, count: 1 })
    add({ expires: 20270105, count: 2 })
    const read = (day: number, ...held: number[]) => {
      const only = { day, held: new Set(held) }
      const { vouchers, passedOver } = reader.available('091905', undefined, 2, only)
      return [vouchers.map(({ id }) => id), passedOver]
    }
    expect(read(20270101)).toEqual([[1, 2], 0])
    expect(read(20270102)).toEqual([[3, 4], 20270101])
    expect(read(20270104, 2)).toEqual([[5, 6], 20270103])
    expect(read(20270106)).toEqual([[], 20270105])
  })

  it('is empty beyond its end, and keeps the place', () => {
    add({ expires: 20270101, count: 1 })
    const { cursor } = reader.available('091905', undefined, 5)
    expect(reader.available('091905', cursor, 5)).toEqual({
      ...{ vouchers: [], cursor, passedOver: 0 },
    })
    expect(reader.available('091910', undefined, 5)).toEqual({
      ...{ vouchers: [], cursor: undefined, passedOver: 0 },
    })
  })
})

describe('one voucher', () => {
  it('is read in any state, with the place that its PIN was sealed for', () => {
    add({ expires: 20270101, count: 1 })
    for (let state = 0; state <= 6; state++) {
      database.prepare('update voucher set state = ?').run(state)
      expect(reader.byId(1)).toMatchObject({
        ...{ id: 1, batch: 1, product: '091905', serial: 'SN1', expires: 20270101 },
      })
    }
    expect(reader.byId(2)).toBeUndefined()
  })
})
