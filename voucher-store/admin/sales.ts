// Sales for an administrator: a page of them, newest first, or one with what became of it. Serials
// are those of the vouchers that belong to the sale now; PINs and card numbers are never read.
// A search may look at many rows, so it runs on the report thread.

import type Database from 'better-sqlite3'
import type { SaleState } from '../../switch/core/sale-record.ts'
import { reversalStatus, saleCode, saleState } from '../codes.ts'
import { type HistoryLine, historyOf } from './sale-history.ts'
import { dayNumber, isoDay, isoMoment } from './shown.ts'
import { readAll, readOne, sql } from './statements.ts'

export interface SaleRow {
  readonly id: number
  readonly at: string
  readonly state: SaleState
  readonly responseCode: string
  readonly institution: number
  readonly mid: string
  readonly tid: string
  readonly stan: string
  readonly day: string
  readonly time: string
  readonly rrn: string | null
  readonly product: string | null
  readonly count: number | null
  readonly amountRial: number | null
  readonly card: string | null
  readonly confirmed: boolean
  readonly cancelled: boolean
  readonly authCode: string | null
  readonly serials: string[]
  readonly hostTransmission: string | null
  readonly hostStan: string | null
}

export interface SaleReversal {
  readonly status: string
  readonly stan: string
  readonly transmission: string
  readonly tries: number
  readonly responseCode: string | null
  readonly approvalSeen: boolean
}

export interface SaleWithHistory extends SaleRow {
  readonly disclosures: number
  readonly reprints: number
  readonly reversal: SaleReversal | null
  readonly history: HistoryLine[]
}

export interface SaleSearch {
  readonly day?: string | undefined
  readonly tid?: string | undefined
  readonly mid?: string | undefined
  readonly rrn?: string | undefined
  readonly state?: SaleState | undefined
  readonly before?: number | undefined
  readonly limit: number
}

export function listSales(
  database: Database.Database,
  search: SaleSearch,
): { sales: SaleRow[]; before: number | null } {
  const query = saleQuery().orderBy('s.id', 'desc').limit(search.limit)
  if (search.day !== undefined) query.where({ 's.day': dayNumber(search.day) })
  if (search.tid !== undefined) query.where({ 't.tid': search.tid })
  if (search.mid !== undefined) query.where({ 'm.mid': search.mid })
  if (search.rrn !== undefined) query.where({ 's.rrn': search.rrn })
  if (search.state !== undefined) query.where({ 's.state': saleCode(search.state) })
  if (search.before !== undefined) query.where('s.id', '<', search.before)
  const rows = readAll<RawSale>(database, query)
  const serials = serialsOf(database, rows)
  const sales = rows.map((row) => shownSale(row, serials.get(row.id) ?? []))
  const last = sales.at(-1)
  return { sales, before: sales.length === search.limit && last !== undefined ? last.id : null }
}

/** `id` is the sale's number, or the RRN when it has 12 digits. */
export function findSale(database: Database.Database, id: string): SaleWithHistory | undefined {
  const query = saleQuery().select('s.disclosures', 's.reprints', 's.jseq').orderBy('s.id', 'desc')
  query.where(id.length === 12 ? { 's.rrn': id } : { 's.id': Number(id) }).limit(1)
  const row = readOne<RawSale & { disclosures: number; reprints: number; jseq: number }>(
    database,
    query,
  )
  if (row === undefined) return undefined
  const { disclosures, reprints, jseq } = row
  return {
    ...shownSale(row, serialsOf(database, [row]).get(row.id) ?? []),
    disclosures,
    reprints,
    reversal: reversalOf(database, row.id),
    history: historyOf(database, { id: row.id, createdMs: row.created_ms, jseq }),
  }
}

function reversalOf(database: Database.Database, sale: number): SaleReversal | null {
  const row = readOne<{
    status: number
    stan: string
    transmission: string
    tries: number
    response_code: string | null
    approval_seen: number
  }>(database, sql('reversal').select('*').where({ sale }))
  if (row === undefined) return null
  return {
    status: reversalStatus(row.status),
    stan: row.stan,
    transmission: row.transmission,
    tries: row.tries,
    responseCode: row.response_code,
    approvalSeen: row.approval_seen === 1,
  }
}

const PAGE = 500

/** A sale that ended otherwise gave its vouchers back: only those that are still its own count. */
function serialsOf(database: Database.Database, rows: readonly RawSale[]): Map<number, string[]> {
  const serials = new Map<number, string[]>()
  const ids = rows.flatMap((row) => JSON.parse(row.vouchers) as number[])
  const sales = new Set(rows.map((row) => row.id))
  for (let at = 0; at < ids.length; at += PAGE) {
    const page = ids.slice(at, at + PAGE)
    const query = sql('voucher').select('sale', 'serial').whereIn('id', page).orderBy('id')
    for (const row of readAll<{ sale: number | null; serial: string }>(database, query)) {
      if (row.sale === null || !sales.has(row.sale)) continue
      const list = serials.get(row.sale)
      if (list === undefined) serials.set(row.sale, [row.serial])
      else list.push(row.serial)
    }
  }
  return serials
}

interface RawSale {
  id: number
  created_ms: number
  state: number
  response_code: string
  institution: number
  mid: string
  tid: string
  stan: string
  day: number
  time: string
  rrn: string | null
  product: string | null
  count: number | null
  amount: number | null
  masked_card: string | null
  confirmed_ms: number | null
  cancelled: number
  auth_code: string | null
  vouchers: string
  host_transmission: string | null
  host_stan: string | null
}

function saleQuery() {
  return sql('sale as s')
    .join('terminal as t', 't.id', 's.terminal')
    .join('merchant as m', 'm.id', 's.merchant')
    .select('s.id', 's.created_ms', 's.state', 's.response_code', 'm.institution', 'm.mid')
    .select('t.tid', 's.stan', 's.day', 's.time', 's.rrn', 's.product', 's.count', 's.amount')
    .select('s.masked_card', 's.confirmed_ms', 's.cancelled', 's.auth_code', 's.vouchers')
    .select('s.host_transmission', 's.host_stan')
}

function shownSale(row: RawSale, serials: string[]): SaleRow {
  return {
    id: row.id,
    at: isoMoment(row.created_ms),
    state: saleState(row.state),
    responseCode: row.response_code,
    institution: row.institution,
    mid: row.mid,
    tid: row.tid,
    stan: row.stan,
    day: isoDay(row.day),
    time: row.time,
    rrn: row.rrn,
    product: row.product,
    count: row.count,
    amountRial: row.amount,
    card: row.masked_card,
    confirmed: row.confirmed_ms !== null,
    cancelled: row.cancelled === 1,
    authCode: row.auth_code,
    serials,
    hostTransmission: row.host_transmission,
    hostStan: row.host_stan,
  }
}
