// The reports sales, batch and merchant as tables of columns and rows. They read many rows, so they
// run on the report thread under a limit of time. Sums are digit strings: they may exceed what a
// number holds exactly.

import type Database from 'better-sqlite3'
import { addDays, type Day, tehranMidnight } from '../../protocol/values/moment.ts'
import { COUNTS } from '../admin/batches.ts'
import { isoDay, productText } from '../admin/shown.ts'
import { readAll, sql } from '../admin/statements.ts'
import { batchState, saleCode } from '../codes.ts'

export type ReportName = 'sales' | 'batch' | 'merchant'

export interface ReportTable {
  readonly title: string
  readonly columns: { key: string; title: string; kind: 'text' | 'number' }[]
  readonly rows: Record<string, string | number | null>[]
}

export interface Period {
  /** Tehran days, both included. */
  readonly from: Day
  readonly to: Day
}

export function reportTable(
  database: Database.Database,
  report: ReportName,
  period: Period,
): ReportTable {
  switch (report) {
    case 'sales':
      return salesReport(database, period)
    case 'batch':
      return batchReport(database)
    case 'merchant':
      return merchantReport(database, period)
  }
}

const SOLD = saleCode('sold')
const REFUNDED = [saleCode('refunding'), saleCode('refunded')]
const FAILED = [saleCode('declined'), saleCode('reversing'), saleCode('reversed')]

/** What a group of sales adds up to; a refunded sale counts as sold and as refunded. */
function sums() {
  const gone = [SOLD, ...REFUNDED]
  const amount = (states: readonly number[]) =>
    `cast(sum(case when s.state in (${states.join(', ')}) then s.amount else 0 end) as text)`
  const count = (states: readonly number[], what = '1') =>
    `sum(case when s.state in (${states.join(', ')}) then ${what} else 0 end)`
  return sql.raw(
    `${count(gone)} as sales, ${count(gone, 's.count')} as vouchers,
     ${amount(gone)} as "salesRial", ${count(REFUNDED)} as refunds,
     ${amount(REFUNDED)} as "refundsRial", ${amount([SOLD])} as "netRial",
     ${count(FAILED)} as failed`,
  )
}

const SUM_COLUMNS = [
  number('sales', 'sales'),
  number('vouchers', 'vouchers'),
  number('salesRial', 'sales rial'),
  number('refunds', 'refunds'),
  number('refundsRial', 'refunds rial'),
  number('netRial', 'net rial'),
  number('failed', 'not sold'),
]

/** Sales of a Tehran day of the switch, whatever a terminal's own clock says. */
function salesIn({ from, to }: Period) {
  return sql('sale as s')
    .whereBetween('s.created_ms', [tehranMidnight(from), tehranMidnight(addDays(to, 1)) - 1])
    .whereIn('s.state', [SOLD, ...REFUNDED, ...FAILED])
}

const TEHRAN_DAY = "date((s.created_ms + 12600000) / 1000, 'unixepoch')"

function salesReport(database: Database.Database, period: Period): ReportTable {
  const query = salesIn(period)
    .select(sql.raw(`${TEHRAN_DAY} as day`), 's.product', sums())
    .groupByRaw(`${TEHRAN_DAY}, s.product`)
    .orderByRaw('1, 2')
  return {
    title: titleOf('Sales', period),
    columns: [text('day', 'day'), text('product', 'product'), ...SUM_COLUMNS],
    rows: readAll(database, query),
  }
}

function merchantReport(database: Database.Database, period: Period): ReportTable {
  const query = salesIn(period)
    .join('merchant as m', 'm.id', 's.merchant')
    .select('m.institution', 'm.mid', 'm.name', sums())
    .groupBy('m.id')
    .orderBy(['m.institution', 'm.mid'])
  return {
    title: titleOf('Merchants', period),
    columns: [
      number('institution', 'institution'),
      text('mid', 'merchant'),
      text('name', 'name'),
      ...SUM_COLUMNS,
    ],
    rows: readAll(database, query),
  }
}

function batchReport(database: Database.Database): ReportTable {
  const query = sql('lot')
    .join('batch as b', 'b.id', 'lot.batch')
    .select('b.id as batch', 'b.reference', 'b.format', 'b.state', 'lot.product', 'lot.expires')
    .select(COUNTS.map((count) => `lot.${count}`))
    .orderBy(['b.id', 'lot.product', 'lot.expires'])
  type Raw = Record<string, string | number | null> & {
    state: number
    product: number
    expires: number
  }
  const rows = readAll<Raw>(database, query).map((row) => ({
    ...row,
    state: batchState(row.state),
    product: productText(row.product),
    expires: isoDay(row.expires),
  }))
  return {
    title: 'Batches',
    columns: [
      number('batch', 'batch'),
      ...['reference', 'format', 'state', 'product', 'expires'].map((key) => text(key, key)),
      ...COUNTS.map((count) => number(count, count)),
    ],
    rows,
  }
}

function titleOf(name: string, { from, to }: Period): string {
  return from === to ? `${name}, ${isoDay(from)}` : `${name}, ${isoDay(from)} to ${isoDay(to)}`
}

function text(key: string, title: string) {
  return { key, title, kind: 'text' as const }
}

function number(key: string, title: string) {
  return { key, title, kind: 'number' as const }
}
