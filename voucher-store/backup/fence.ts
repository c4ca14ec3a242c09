// The fence after a restore: what may have been sold in the time that the copy does not know of
// is held back: the stock, and what two persons may have given back to it from quarantine. What
// running sales had in their hands was almost certainly sold, and goes to quarantine for good.
// While the meta row `fence` is there, nothing is sold; an administrator's acceptance, or a
// reconciliation, takes it away. The gap itself is remembered in `gaps`: identities dated in it are
// answered 94 for as long as identities are kept. [nothing-lost, rules 9 and 12]

import type Database from 'better-sqlite3'
import { type ChangeResult, type StoreJournal, writeChange } from '../admin/admin-write.ts'
import { moveInChunks } from '../admin/batches.ts'
import type { By } from '../admin/merchants.ts'
import { isAmong, readAll, sql, statement } from '../admin/statements.ts'
import { voucherCode, voucherState } from '../codes.ts'
import { metaOf } from '../meta.ts'
import type { Statement } from '../store-record.ts'

/** What running sales of the copy had reserved; gone once it is in quarantine. */
const RESERVED = 'fence-reserved'
/** A full disk refuses a record of two hundred values untried; each voucher takes five. */
const CHUNK = 30

interface Returned {
  readonly id: number
  readonly lot: number
  readonly state: number
}

export interface Gap {
  /** Moments between which sales may have been made that the store does not know of. */
  readonly fromMs: number
  readonly toMs: number
  readonly acceptedBy: string | null
}

/** The gap that waits for its acceptance; undefined when the store may sell. */
export function readFence(database: Database.Database): Gap | undefined {
  const value = metaOf(database, 'fence')
  return value === undefined ? undefined : gapOf(JSON.parse(value))
}

/** Every gap, accepted or not, oldest first. */
export function readGaps(database: Database.Database): Gap[] {
  const value = metaOf(database, 'gaps')
  return value === undefined ? [] : (JSON.parse(value) as unknown[]).map(gapOf)
}

/** What a restore writes into the copy. `reserved` were in the hands of running sales. */
export function fenceStatements(
  database: Database.Database,
  gap: { readonly fromMs: number; readonly toMs: number },
): Statement[] {
  const fence = { from: gap.fromMs, to: gap.toMs, acceptedBy: null }
  const gaps = JSON.stringify([...readGaps(database).map(stored), fence])
  const query = sql('voucher')
    .select('id', 'sale')
    .where({ state: voucherCode('reserved') })
  const reserved = new Map(readReserved(database))
  for (const { id, sale } of readAll<{ id: number; sale: number }>(database, query)) {
    reserved.set(id, sale)
  }
  // Rows of an unfinished import are in no lot's counts, and are removed after the next start.
  const inStock = sql('lot').select('id').where('available', '>', 0)
  const vouchers = sql('voucher')
    .where({ state: voucherCode('available') })
    .whereIn('lot', inStock)
    .update({ state: voucherCode('fenced') })
  const lots = sql('lot')
    .where('available', '>', 0)
    .update({ fenced: sql.raw('fenced + available'), available: 0 })
  return [
    statement(vouchers),
    statement(lots),
    ...fenceQuarantined(database),
    putMeta('fence', JSON.stringify(fence)),
    putMeta('gaps', gaps),
    putMeta(RESERVED, JSON.stringify([...reserved])),
  ]
}

/**
 * A PIN that did not open once may have been released in the gap, and sold. Those of sales stay:
 * they were disclosed, and never go back to stock.
 */
function fenceQuarantined(database: Database.Database): Statement[] {
  const some = sql('lot').select('id').where('quarantined', '>', 0)
  const unsold = sql('voucher')
    .where({ state: voucherCode('quarantined') })
    .whereNull('sale')
    .whereIn('lot', some)
  const byLot = unsold.clone().groupBy('lot').select('lot', sql.raw('count(*) as vouchers'))
  const found = readAll<{ lot: number; vouchers: number }>(database, byLot)
  const counts = found.map(({ lot, vouchers }) =>
    statement(
      sql('lot')
        .where({ id: lot })
        .update({
          quarantined: sql.raw('quarantined - ?', [vouchers]),
          fenced: sql.raw('fenced + ?', [vouchers]),
        }),
      1,
    ),
  )
  const total = found.reduce((sum, { vouchers }) => sum + vouchers, 0)
  return [statement(unsold.update({ state: voucherCode('fenced') }), total), ...counts]
}

/** Selling may start again. Undefined when there is no fence. */
export async function acceptFence(
  store: { readonly journal: StoreJournal; readonly database: Database.Database },
  by: By,
): Promise<ChangeResult | undefined> {
  const fence = readFence(store.database)
  if (fence === undefined) return undefined
  const gaps = readGaps(store.database).map((gap) =>
    stored(gap.acceptedBy === null ? { ...gap, acceptedBy: by.by } : gap),
  )
  return writeChange(store.journal, {
    action: 'fence accept',
    detail: { from: fence.fromMs, to: fence.toMs },
    statements: [
      statement(sql('meta').where({ name: 'fence' }).delete(), 1),
      putMeta('gaps', JSON.stringify(gaps)),
    ],
    ...by,
  })
}

/**
 * Vouchers that sales of the copy had reserved come back to stock when recovery reverses those
 * sales. In the gap those sales went on, and showed them: they go to quarantine under their sale,
 * as what was sold once, and no debit in the gap tells of it, for it was made before. Called after
 * recovery and before the first sale; does nothing when no restore left any. In small records, for
 * which a full disk has room; until the last one the next start goes on with it.
 */
export async function fenceReturned(
  store: { readonly journal: StoreJournal; readonly database: Database.Database },
  atMs: number,
): Promise<number> {
  const { journal, database } = store
  if (metaOf(database, RESERVED) === undefined) return 0
  const sales = new Map(readReserved(database))
  const query = sql('voucher')
    .select('id', 'lot', 'state')
    .whereIn('state', (['available', 'fenced'] as const).map(voucherCode))
  const rows = readAll<Returned>(database, query.where(isAmong('id', sales.keys())))
  const done = statement(sql('meta').where({ name: RESERVED }).delete(), 1)
  for (let at = 0; at === 0 || at < rows.length; at += CHUNK) {
    const chunk = rows.slice(at, at + CHUNK)
    const statements = chunk.flatMap((row) => intoQuarantine(row, sales.get(row.id)))
    const result = await writeChange(journal, {
      action: 'fence returned vouchers',
      detail: { vouchers: chunk.map((row) => row.id) },
      statements: at + CHUNK < rows.length ? statements : [...statements, done],
      by: 'start',
      atMs,
    })
    if (result.kind !== 'written') throw new Error(`vouchers not fenced: ${result.detail}`)
  }
  return rows.length
}

function intoQuarantine({ id, lot, state }: Returned, sale: number | undefined): Statement[] {
  const voucher = { state: voucherCode('quarantined'), sale }
  const from = voucherState(state)
  const counts = { [from]: sql.raw('?? - 1', [from]), quarantined: sql.raw('quarantined + 1') }
  return [
    statement(sql('voucher').where({ id, state }).update(voucher), 1),
    statement(sql('lot').where({ id: lot }).update(counts), 1),
  ]
}

/** Each voucher with its sale; earlier versions noted vouchers alone. */
function readReserved(database: Database.Database): (readonly [number, number])[] {
  const noted = JSON.parse(metaOf(database, RESERVED) ?? '[]') as (number | [number, number])[]
  const newest = database
    .prepare('select max(sale.id) from sale, json_each(sale.vouchers) as held where held.value = ?')
    .pluck()
  return noted.map((one) => (typeof one === 'number' ? [one, newest.get(one) as number] : one))
}

/**
 * Fenced vouchers of a batch back to stock, after reconciliation: two different persons answer for
 * it. Held batches stay held; releasing is another decision. In chunks, so that sales never wait.
 */
export async function returnFenced(
  store: { readonly journal: StoreJournal; readonly database: Database.Database },
  batch: number,
  by: By & { readonly consentBy: string },
): Promise<{ readonly returned: number; readonly problem: ChangeResult | undefined }> {
  const { consentBy, ...first } = by
  if (first.by === consentBy) {
    const problem = { kind: 'changed', detail: 'a second person must consent' } as const
    return { returned: 0, problem }
  }
  const about = { action: 'fence return', detail: { consentBy } }
  const move = { ...about, from: 'fenced', to: 'available' } as const
  const { moved, problem } = await moveInChunks(store, batch, move, first)
  return { returned: moved, problem }
}

export function putMeta(name: string, value: string): Statement {
  return statement(sql('meta').insert({ name, value }).onConflict('name').merge(), 1)
}

function gapOf(value: unknown): Gap {
  const { from, to, acceptedBy } = value as { from: number; to: number; acceptedBy: string | null }
  return { fromMs: from, toMs: to, acceptedBy }
}

function stored({ fromMs, toMs, acceptedBy }: Gap) {
  return { from: fromMs, to: toMs, acceptedBy }
}
