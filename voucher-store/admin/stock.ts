// What is in stock, product by product: counts from the lots, which are kept in the same commits
// that move vouchers, so that no voucher has to be counted; and how long what may be sold of it
// lasts at the pace of the last seven days, which is read from sales and belongs on a thread that
// may take its time.

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
  /** Available, but in a batch that is not released. */
  readonly notReleased: number
  /** Available and released, but too near its last day to be sold, or past it. */
  readonly nearExpiry: number
  /** The rest of what is available. */
  readonly sellable: number
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

/** `marginDays`: how many days before its last one a voucher is sold no more. */
export function stockByProduct(
  database: Database.Database,
  today: Day,
  marginDays: number,
): StockRow[] {
  const sums = lotSums(database, addDays(today, marginDays))
  const lots = new Map(sums.map((row) => [productText(row.product), row]))
  const pace = soldSince(database, addDays(today, -6))
  return productsInForce(database, today).map((product) => {
    const row = lots.get(product.product)
    const counts = row === undefined ? NOTHING : countsOf(row)
    const { notReleased = 0, nearExpiry = 0 } = row ?? {}
    const soldLast7Days = pace.get(product.product) ?? 0
    const sellable = counts.available - notReleased - nearExpiry
    return {
      product: product.product,
      name: product.nameEn,
      priceRial: product.priceRial,
      enabled: product.enabled,
      ...counts,
      ...{ notReleased, nearExpiry, sellable },
      soldLast7Days,
      daysLeft: soldLast7Days === 0 ? null : Math.floor((sellable * 70) / soldLast7Days) / 10,
    }
  })
}

type LotSums = StockCounts & Pick<StockRow, 'notReleased' | 'nearExpiry'> & { product: number }

/** `day`: only what is good on it may be sold. */
function lotSums(database: Database.Database, day: Day): LotSums[] {
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
      sql.raw(
        'sum(case when batch.state = ? and lot.expires < ? then lot.available else 0 end)' +
          ' as "nearExpiry"',
        [released, day],
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
