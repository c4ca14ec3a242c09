// Batches as an administrator sees them, and their states. Holding and releasing changes one row;
// the guard of every intent reads it, so that when a hold is durable no later intent contains the
// batch. A recall voids what is in stock, in chunks, so that sales never wait. [nothing-lost, 16]

import type Database from 'better-sqlite3'
import { type BatchState, batchCode, batchState, VOUCHER_STATES, voucherCode } from '../codes.ts'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import type { By } from './merchants.ts'
import { isoDay, isoMoment, productText } from './shown.ts'
import { readAll, readOne, sql, statement } from './statements.ts'

export const COUNTS = ['imported', ...VOUCHER_STATES] as const
export type StockCounts = Readonly<Record<(typeof COUNTS)[number], number>>

export interface BatchRow {
  readonly id: number
  readonly format: string
  readonly fileName: string
  readonly reference: string | null
  /** The first day of its vouchers, where the file said one. */
  readonly validFrom: string | null
  readonly state: BatchState
  readonly quantity: number
  readonly importedAt: string
  readonly counts: StockCounts
}

export interface LotRow {
  readonly product: string
  readonly expires: string
  readonly counts: StockCounts
}

export function listBatches(
  database: Database.Database,
  filter: { state?: BatchState | undefined },
): BatchRow[] {
  const query = batchQuery().orderBy('b.id')
  if (filter.state !== undefined) query.where({ 'b.state': batchCode(filter.state) })
  return readAll<RawBatch>(database, query).map(shownBatch)
}

export function findBatch(database: Database.Database, id: number): BatchRow | undefined {
  const row = readOne<RawBatch>(database, batchQuery().where({ 'b.id': id }))
  return row === undefined ? undefined : shownBatch(row)
}

export function lotsOf(database: Database.Database, batch: number): LotRow[] {
  const query = sql('lot').where({ batch }).orderBy(['product', 'expires'])
  type Raw = StockCounts & { product: number; expires: number }
  return readAll<Raw>(database, query.select('product', 'expires', ...COUNTS)).map((row) => ({
    product: productText(row.product),
    expires: isoDay(row.expires),
    counts: countsOf(row),
  }))
}

export interface BatchMove {
  readonly action: string
  readonly from: readonly BatchState[]
  readonly to: BatchState
  /** Only while nothing of it is in stock, reserved or fenced. */
  readonly whenEmpty?: boolean
}

/** From one of `from` to `to`, or refused as changed. */
export function moveBatch(
  journal: StoreJournal,
  id: number,
  move: BatchMove,
  by: By,
): Promise<ChangeResult> {
  const query = sql('batch').where({ id }).whereIn('state', move.from.map(batchCode))
  if (move.whenEmpty === true) query.whereNotIn('id', batchesInUse())
  return writeChange(journal, {
    action: `batch ${move.action}`,
    detail: { batch: id, state: move.to },
    statements: [statement(query.update({ state: batchCode(move.to) }), 1)],
    ...by,
  })
}

function batchesInUse() {
  return sql('lot').select('batch').whereRaw('available + reserved + fenced > 0')
}

const VOID_CHUNK = 500

/**
 * Voids what of a held batch is in stock. A voucher that a running sale has reserved and gives back
 * later stays in the held batch, where it cannot be sold; recalling again voids it.
 */
export async function voidAvailable(
  journal: StoreJournal,
  database: Database.Database,
  batch: number,
  by: By,
): Promise<{ readonly voided: number; readonly problem: ChangeResult | undefined }> {
  const lots = readAll<{ id: number }>(database, sql('lot').select('id').where({ batch }))
  let voided = 0
  for (const lot of lots) {
    for (;;) {
      const chunk = availableChunk(database, lot.id)
      if (chunk === undefined) break
      const result = await writeChange(journal, {
        action: 'batch void',
        detail: { batch, lot: lot.id, vouchers: chunk.count, through: chunk.last },
        statements: voidStatements(lot.id, chunk),
        ...by,
      })
      // A running sale gave a voucher back in between: count again.
      if (result.kind === 'changed') continue
      if (result.kind !== 'written') return { voided, problem: result }
      voided += chunk.count
    }
  }
  return { voided, problem: undefined }
}

interface Chunk {
  readonly count: number
  readonly first: number
  readonly last: number
}

function availableChunk(database: Database.Database, lot: number): Chunk | undefined {
  const ids = sql('voucher')
    .select('id')
    .where({ lot, state: voucherCode('available') })
  const page = ids.orderBy('id').limit(VOID_CHUNK).as('page')
  const query = sql(page).select(sql.raw('count(*) as count, min(id) as first, max(id) as last'))
  const chunk = readOne<Chunk>(database, query)
  return chunk === undefined || chunk.count === 0 ? undefined : chunk
}

function voidStatements(lot: number, { count, first, last }: Chunk) {
  const vouchers = sql('voucher')
    .where({ lot, state: voucherCode('available') })
    .whereBetween('id', [first, last])
    .update({ state: voucherCode('voided') })
  const counts = sql('lot')
    .where({ id: lot })
    .update({
      available: sql.raw('available - ?', [count]),
      voided: sql.raw('voided + ?', [count]),
    })
  return [statement(vouchers, count), statement(counts, 1)]
}

interface RawBatch extends StockCounts {
  id: number
  format: string
  file_name: string
  reference: string | null
  valid_from: number | null
  state: number
  quantity: number
  created_ms: number
}

function batchQuery() {
  const sums = COUNTS.map((count) => sql.raw('coalesce(sum(??), 0) as ??', [`lot.${count}`, count]))
  return sql('batch as b')
    .leftJoin('lot', 'lot.batch', 'b.id')
    .groupBy('b.id')
    .select('b.id', 'b.format', 'b.file_name', 'b.reference', 'b.state', 'b.quantity')
    .select('b.created_ms', 'b.valid_from', ...sums)
}

function shownBatch(row: RawBatch): BatchRow {
  return {
    id: row.id,
    format: row.format,
    fileName: row.file_name,
    reference: row.reference,
    validFrom: row.valid_from === null ? null : isoDay(row.valid_from),
    state: batchState(row.state),
    quantity: row.quantity,
    importedAt: isoMoment(row.created_ms),
    counts: countsOf(row),
  }
}

export function countsOf(row: StockCounts): StockCounts {
  const { imported, available, reserved, sold, quarantined, fenced, voided, expired } = row
  return { imported, available, reserved, sold, quarantined, fenced, voided, expired }
}
