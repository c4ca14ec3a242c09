// What reports share: the table that they are, the sales of a period, columns and titles.
// The reports themselves are in files of their own.

import { addDays, type Day, tehranMidnight } from '../../protocol/values/moment.ts'
import { isoDay } from '../admin/shown.ts'
import { sql } from '../admin/statements.ts'
import { saleCode } from '../codes.ts'

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

export const SOLD = saleCode('sold')
export const REFUNDED = [saleCode('refunding'), saleCode('refunded')]
export const FAILED = [saleCode('declined'), saleCode('reversing'), saleCode('reversed')]

/** Sales of a Tehran day of the switch, whatever a terminal's own clock says. */
export function salesIn({ from, to }: Period) {
  return sql('sale as s')
    .whereBetween('s.created_ms', [tehranMidnight(from), tehranMidnight(addDays(to, 1)) - 1])
    .whereIn('s.state', [SOLD, ...REFUNDED, ...FAILED])
}

export const TEHRAN_DAY = "date((s.created_ms + 12600000) / 1000, 'unixepoch')"

export function titleOf(name: string, { from, to }: Period): string {
  return from === to ? `${name}, ${isoDay(from)}` : `${name}, ${isoDay(from)} to ${isoDay(to)}`
}

export function text(key: string, title: string) {
  return { key, title, kind: 'text' as const }
}

export function number(key: string, title: string) {
  return { key, title, kind: 'number' as const }
}
