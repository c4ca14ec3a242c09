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
  const move = { action: 'batch void', detail: {}, from: 'available', to: 'voided' } as const
  const { moved, problem } = await moveInChunks({ journal, database }, batch, move, by)
  return { voided: moved, problem }
}

const MOVED_AT_ONCE = 500

interface StockMove {
  readonly action: string
  readonly detail: Readonly<Record<string, unknown>>
  /** States of which an index has the vouchers, and nothing else. */
  readonly from: 'available' | 'fenced'
  readonly to: 'voided' | 'available'
}

/**
 * Moves all vouchers of a batch from one state to another, in records between which sales are
 * written. What a record has moved stays moved: whoever asks again goes on with the others.
 */
export async function moveInChunks(
  store: { readonly journal: StoreJournal; readonly database: Database.Database },
  batch: number,
  move: StockMove,
  by: By,
): Promise<{ readonly moved: number; readonly problem: ChangeResult | undefined }> {
  const { journal, database } = store
  const lots = readAll<{ id: number }>(database, sql('lot').select('id').where({ batch }))
  let moved = 0
  for (const lot of lots) {
    for (;;) {
      const chunk = chunkOf(database, lot.id, move.from)
      if (chunk === undefined) break
      const result = await writeChange(journal, {
        action: move.action,
        detail: { batch, ...move.detail, lot: lot.id, vouchers: chunk.count, through: chunk.last },
        statements: moveStatements(lot.id, move, chunk),
        ...by,
      })
      // A sale, or somebody who was asked the same, changed one of them in between: count again.
      if (result.kind === 'changed') continue
      if (result.kind !== 'written') return { moved, problem: result }
      moved += chunk.count
    }
  }
  return { moved, problem: undefined }
}

interface Chunk {
  readonly count: number
  readonly first: number
  readonly last: number
}

function chunkOf(
  database: Database.Database,
  lot: number,
  state: StockMove['from'],
): Chunk | undefined {
  const ids = inState(lot, state).select('id')
  const page = ids.orderBy('id').limit(MOVED_AT_ONCE).as('page')
  const query = sql(page).select(sql.raw('count(*) as count, min(id) as first, max(id) as last'))
  const chunk = readOne<Chunk>(database, query)
  return chunk === undefined || chunk.count === 0 ? undefined : chunk
}

function moveStatements(lot: number, { from, to }: StockMove, { count, first, last }: Chunk) {
  const state = voucherCode(to)
  const vouchers = inState(lot, from)
    .whereBetween('id', [first, last])
    .update(to === 'available' ? { state, sale: null } : { state })
  const counts = sql('lot')
    .where({ id: lot })
    .update({
      [from]: sql.raw('?? - ?', [from, count]),
      [to]: sql.raw('?? + ?', [to, count]),
    })
  return [statement(vouchers, count), statement(counts, 1)]
}

/** The state in words, no value bound: SQLite finds them by the index with this condition. */
function inState(lot: number, state: StockMove['from']) {
  return sql('voucher')
    .where({ lot })
    .whereRaw(`state = ${voucherCode(state)}`)
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
