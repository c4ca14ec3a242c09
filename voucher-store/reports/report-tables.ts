// The reports as tables of columns and rows. They read many rows, so they
// run on the report thread under a limit of time. Sums are digit strings: they may exceed what a
// number holds exactly.

import type Database from 'better-sqlite3'
import { COUNTS } from '../admin/batches.ts'
import { isoDay, productText } from '../admin/shown.ts'
import { readAll, sql } from '../admin/statements.ts'
import { batchState } from '../codes.ts'
import { commissionReport } from './commission-table.ts'
import {
  FAILED,
  number,
  type Period,
  REFUNDED,
  type ReportTable,
  SOLD,
  salesIn,
  TEHRAN_DAY,
  text,
  titleOf,
} from './table-parts.ts'

export type ReportName = 'sales' | 'batch' | 'merchant' | 'commission'

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
    case 'commission':
      return commissionReport(database, period)
  }
}

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
