// The report of commission: what each merchant earned by product, and the sum. A sale's commission
// is its amount times the rate of its day, rounded down to whole rials sale by sale: so each sum is
// exact, and each part of it can be found on a receipt. A sale that was refunded earns nothing.

import type Database from 'better-sqlite3'
import { readAll, sql } from '../admin/statements.ts'
import { saleCode } from '../codes.ts'
import {
  number,
  type Period,
  type ReportTable,
  salesIn,
  TEHRAN_DAY,
  text,
  titleOf,
} from './table-parts.ts'

/** Few amounts occur, so a rate is looked up once for each of them and not for each sale. */
const RATE = `coalesce((select c.basis_points from commission c
    where c.merchant = g.merchant and c.product in (0, g.product) and c.valid_from <= g.day
    order by c.product desc, c.valid_from desc limit 1), 0)`

interface Row {
  readonly institution: number
  readonly mid: string
  readonly name: string
  readonly product: string
  readonly sales: number
  readonly vouchers: number
  readonly salesRial: string
  readonly commissionRial: string
}

export function commissionReport(database: Database.Database, period: Period): ReportTable {
  const groups = salesIn(period)
    .where({ 's.state': saleCode('sold') })
    .select('s.merchant', 's.amount', sql.raw('cast(s.product as integer) as product'))
    .select(sql.raw(`cast(replace(${TEHRAN_DAY}, '-', '') as integer) as day`))
    .select(sql.raw('count(*) as sales, sum(s.count) as vouchers'))
    .groupByRaw('1, 2, 3, 4')
  const earned = `sum(g.amount * ${RATE} / 10000 * g.sales)`
  const query = sql
    .from(groups.as('g'))
    .join('merchant as m', 'm.id', 'g.merchant')
    .select('m.institution', 'm.mid', 'm.name')
    .select(sql.raw("printf('%06d', g.product) as product"))
    .select(sql.raw('sum(g.sales) as sales, sum(g.vouchers) as vouchers'))
    .select(sql.raw('cast(sum(g.amount * g.sales) as text) as "salesRial"'))
    .select(sql.raw(`cast(${earned} as text) as "commissionRial"`))
    .groupBy('m.id', 'g.product')
    .orderBy(['m.institution', 'm.mid', 'g.product'])
  const rows = readAll<Row>(database, query)
  return {
    title: titleOf('Commission', period),
    columns: [
      number('institution', 'institution'),
      ...[text('mid', 'merchant'), text('name', 'name'), text('product', 'product')],
      ...[number('sales', 'sales'), number('vouchers', 'vouchers')],
      ...[number('salesRial', 'net rial'), number('commissionRial', 'commission rial')],
    ],
    rows: rows.length === 0 ? [] : [...rows.map((row) => ({ ...row })), sumOf(rows)],
  }
}

function sumOf(rows: readonly Row[]): ReportTable['rows'][number] {
  const whole = (key: 'salesRial' | 'commissionRial') =>
    rows.reduce((sum, row) => sum + BigInt(row[key]), 0n).toString()
  const small = (key: 'sales' | 'vouchers') => rows.reduce((sum, row) => sum + row[key], 0)
  return {
    ...{ institution: null, mid: 'sum', name: '', product: '' },
    ...{ sales: small('sales'), vouchers: small('vouchers') },
    ...{ salesRial: whole('salesRial'), commissionRial: whole('commissionRial') },
  }
}
