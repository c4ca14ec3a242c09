// What is in stock, product by product: counts from the lots, which are kept in the same commits
// that move vouchers, so that no voucher has to be counted; and how long it lasts at the pace of
// the last seven days, which is read from sales and belongs on a thread that may take its time.

import type Database from 'better-sqlite3'
import { addDays, type Day } from '../../protocol/values/moment.ts'
import { batchCode, saleCode } from '../codes.ts'
import { COUNTS, countsOf, type StockCounts } from './batches.ts'
import { productsInForce } from './products.ts'
import { productText } from './shown.ts'
import { readAll, sql } from './statements.ts'

export interface StockRow extends StockCounts {
  readonly product: string
  readonly name: string
  readonly priceRial: number
  readonly enabled: boolean
  readonly notReleased: number
  readonly soldLast7Days: number
  readonly daysLeft: number | null
}

const NOTHING: StockCounts = {
  imported: 0,
  available: 0,
  reserved: 0,
  sold: 0,
  quarantined: 0,
  fenced: 0,
  voided: 0,
  expired: 0,
}

export function stockByProduct(database: Database.Database, today: Day): StockRow[] {
  const lots = new Map(lotSums(database).map((row) => [productText(row.product), row]))
  const pace = soldSince(database, addDays(today, -6))
  return productsInForce(database, today).map((product) => {
    const row = lots.get(product.product)
    const counts = row === undefined ? NOTHING : countsOf(row)
    const notReleased = row?.notReleased ?? 0
    const soldLast7Days = pace.get(product.product) ?? 0
    const left = counts.available - notReleased
    return {
      product: product.product,
      name: product.nameEn,
      priceRial: product.priceRial,
      enabled: product.enabled,
      ...counts,
      notReleased,
      soldLast7Days,
      daysLeft: soldLast7Days === 0 ? null : Math.floor((left * 70) / soldLast7Days) / 10,
    }
  })
}

type LotSums = StockCounts & { readonly product: number; readonly notReleased: number }

function lotSums(database: Database.Database): LotSums[] {
  const sums = COUNTS.map((count) => sql.raw('sum(??) as ??', [`lot.${count}`, count]))
  const released = batchCode('released')
  const query = sql('lot')
    .join('batch', 'batch.id', 'lot.batch')
    .groupBy('lot.product')
    .select('lot.product', ...sums)
    .select(
      sql.raw(
        'sum(case when batch.state = ? then 0 else lot.available end) as "notReleased"',
        released,
      ),
    )
  return readAll<LotSums>(database, query)
}

/** Vouchers sold since a day, refunded ones too: they left the stock all the same. */
function soldSince(database: Database.Database, day: Day): Map<string, number> {
  const states = (['sold', 'refunding', 'refunded'] as const).map(saleCode)
  const query = sql('sale')
    .where('day', '>=', day)
    .whereIn('state', states)
    .groupBy('product')
    .select('product', sql.raw('sum(count) as sold'))
  const rows = readAll<{ product: string; sold: number }>(database, query)
  return new Map(rows.map((row) => [row.product, row.sold]))
}
