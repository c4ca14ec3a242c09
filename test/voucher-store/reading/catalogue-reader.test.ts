// The catalogue in memory: the price of a day, what is sold, and a version that follows every
// change.

import type Database from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ProductId } from '../../../protocol/values/identifiers.ts'
import { SqliteCatalogue } from '../../../voucher-store/reading/catalogue-reader.ts'
import { memoryDatabase } from '../../simulation/sim-store.ts'

const MCI = '091905' as ProductId
let database: Database.Database
let catalogue: SqliteCatalogue
let today: number

function add(product: number, priceRial: number, validFrom: number, enabled = 1): void {
  database
    .prepare(
      `insert into product (product, mobile_operator, name_en, name_fa, price_rial, vat_rate,
         redeem, valid_from, enabled) values (?, 'MCI', ?, 'x', ?, '0.10', '*140*#{pin}#', ?, ?)`,
    )
    .run(product, `Charge ${product}`, priceRial, validFrom, enabled)
}

beforeEach(async () => {
  database = await memoryDatabase()
  add(91_905, 50_000, 20260101)
  add(91_905, 60_000, 20260801)
  add(91_901, 10_000, 20260101)
  add(93_505, 50_000, 20270101)
  today = 20260722
  catalogue = new SqliteCatalogue(database, () => today)
})

describe('a product', () => {
  it.each([
    [20251231, undefined],
    [20260101, 50_000],
    [20260731, 50_000],
    [20260801, 60_000],
    [20300101, 60_000],
  ])('on day %i costs %s', (day, price) => {
    expect(catalogue.product(MCI, day)?.priceRial).toBe(price)
  })

  it('is read with its names, redeem string and the price without tax', () => {
    expect(catalogue.product(MCI, 20260722)).toEqual({
      ...{ id: MCI, priceRial: 50_000, enabled: true, mobileOperator: 'MCI', validFrom: 20260101 },
      ...{ nameEn: 'Charge 91905', nameFa: 'x', creditRial: 45_455, redeem: '*140*#{pin}#' },
    })
  })

  it('that nobody knows is none', () => {
    expect(catalogue.product('091999', 20260722)).toBeUndefined()
  })
})

describe('the products', () => {
  it('are those sold today, ascending', () => {
    expect(catalogue.products().map(({ product, priceRial }) => [product, priceRial])).toEqual([
      ...[
        ['091901', 10_000],
        ['091905', 50_000],
      ],
    ])
  })

  it('change only when the change is told, and the version with them', () => {
    const { version } = catalogue
    database.exec('update product set enabled = 0 where product = 91901')
    expect(catalogue.products()).toHaveLength(2)
    expect(catalogue.version).toBe(version)
    catalogue.changed()
    expect(catalogue.products().map(({ product }) => product)).toEqual(['091905'])
    expect(catalogue.product('091901', 20260722)?.enabled).toBe(false)
    expect(catalogue.version).not.toBe(version)
    catalogue.changed()
    database.exec('update product set enabled = 1 where product = 91901')
    catalogue.changed()
    expect(catalogue.version).toBe(version)
  })

  it('change at the midnight from which a dated price is in force, and the version with them', () => {
    const seen = [20260731, 20260801, 20261231, 20270101].map((day) => {
      today = day
      return [catalogue.products().length, catalogue.version]
    })
    const [july, august, december, january] = seen.map(([, version]) => version)
    expect(seen.map(([count]) => count)).toEqual([2, 2, 2, 3])
    expect(august).toBe(december)
    expect(new Set([july, august, january]).size).toBe(3)
  })

  it('keep their version when a price of a later day is added, and when one is past', () => {
    const { version } = catalogue
    add(91_901, 20_000, 20270101)
    add(91_901, 5_000, 20250101)
    catalogue.changed()
    expect(catalogue.version).toBe(version)
  })
})
