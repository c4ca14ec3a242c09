// Single vouchers in the hands of administrators: looked up, taken out of quarantine, and counted
// as disclosed before a PIN is shown. What was ever sold never goes back to stock. [nothing-lost,
// rules 3 and 12]

import type Database from 'better-sqlite3'
import {
  batchCode,
  saleCode,
  saleState,
  type VoucherState,
  voucherCode,
  voucherState,
} from '../codes.ts'
import type { Statement } from '../store-record.ts'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import type { By } from './merchants.ts'
import { isoDay, productText } from './shown.ts'
import { readAll, readOne, sql, statement } from './statements.ts'

export interface VoucherFacts {
  readonly id: number
  readonly serial: string
  readonly batch: number
  readonly product: string
  readonly expires: string
  readonly state: VoucherState
  readonly sale: number | null
}

export interface VoucherSearch {
  /** Without one: those in quarantine. */
  readonly sale?: number | undefined
}

const LISTED_MOST = 10_000

export function listVouchers(database: Database.Database, search: VoucherSearch): VoucherFacts[] {
  const query = voucherQuery().orderBy('v.id').limit(LISTED_MOST)
  if (search.sale === undefined) {
    const lots = sql('lot').select('id').where('quarantined', '>', 0)
    query.where({ 'v.state': voucherCode('quarantined') }).whereIn('v.lot', lots)
  } else {
    const sale = sql('sale').where({ id: search.sale })
    const row = readOne<{ vouchers: string | null }>(database, sale.select('vouchers'))
    query.whereIn('v.id', JSON.parse(row?.vouchers ?? '[]') as number[])
  }
  return readAll<RawVoucher>(database, query).map(shownVoucher)
}

export function findVoucher(database: Database.Database, id: number): VoucherFacts | undefined {
  const row = readOne<RawVoucher>(database, voucherQuery().where({ 'v.id': id }))
  return row === undefined ? undefined : shownVoucher(row)
}

/** Why it must stay in quarantine; undefined when it may leave. */
export function staysBecause(
  database: Database.Database,
  { state, sale }: VoucherFacts,
  to: 'available' | 'voided',
): string | undefined {
  if (state !== 'quarantined') return `it is ${state}, not quarantined`
  if (sale === null) return undefined
  if (to === 'available') return 'it was sold once: it is voided or claimed'
  const row = readOne<{ state: number }>(database, sql('sale').select('state').where({ id: sale }))
  // Reversed: it was under way in the copy of a backup that was restored.
  const ended = [saleCode('refunded'), saleCode('reversed')]
  if (row !== undefined && ended.includes(row.state)) return undefined
  const now = row === undefined ? 'missing' : saleState(row.state)
  return `its sale ${sale} is ${now}: void it when its reversal has ended`
}

export function leaveQuarantine(
  journal: StoreJournal,
  { id, batch, sale }: VoucherFacts,
  to: 'available' | 'voided',
  by: By,
): Promise<ChangeResult> {
  const from = { id, state: voucherCode('quarantined'), sale }
  const lot = sql('voucher').select('lot').where({ id })
  const counts = { quarantined: sql.raw('quarantined - 1'), [to]: sql.raw('?? + 1', [to]) }
  return writeChange(journal, {
    action: to === 'voided' ? 'voucher void' : 'voucher release',
    detail: { voucher: id, batch, ...(sale === null ? {} : { sale }) },
    statements: [
      statement(
        sql('voucher')
          .where(from)
          .update({ state: voucherCode(to) }),
        1,
      ),
      statement(sql('lot').where('id', lot).update(counts), 1),
    ],
    ...by,
  })
}

/** Out of stock for ever, so that nobody can buy it any more. */
const SHOWABLE: readonly VoucherState[] = ['sold', 'quarantined', 'voided']

export function isShowable({ state, sale }: VoucherFacts): boolean {
  return sale !== null && SHOWABLE.includes(state)
}

/**
 * Durable before anybody sees the PIN, and counted with the other disclosures of its sale. Where
 * the terminal could still reverse that, it cannot any more: a person decides. [nothing-lost, 12]
 */
export function noteRevealed(
  journal: StoreJournal,
  { id, sale }: VoucherFacts,
  by: By,
): Promise<ChangeResult> {
  const shown: Statement = statement(
    sql('sale')
      .where({ id: sale })
      .update({ disclosures: sql.raw('disclosures + 1') }),
    1,
  )
  const revealed = `insert into claim (sale, reason, at_ms) select id, 'revealed', ? from sale
    where id = ? and state = ? and confirmed_ms is null on conflict do nothing`
  const claimed = sql.raw(revealed, [by.atMs, sale, saleCode('sold')])
  return writeChange(journal, {
    action: 'voucher reveal',
    detail: { voucher: id, sale },
    statements: [shown, statement(claimed)],
    ...by,
  })
}

type RawVoucher = { state: number; product: number; expires: number } & Omit<
  VoucherFacts,
  'state' | 'product' | 'expires'
>

/** Of an import that has not ended nothing is seen. */
function voucherQuery() {
  return sql('voucher as v')
    .join('lot as l', 'l.id', 'v.lot')
    .join('batch as b', 'b.id', 'l.batch')
    .whereNot({ 'b.state': batchCode('loading') })
    .select('v.id', 'v.serial', 'v.state', 'v.sale', 'l.batch', 'l.product', 'l.expires')
}

function shownVoucher({ state, product, expires, ...rest }: RawVoucher): VoucherFacts {
  return {
    ...rest,
    ...{ state: voucherState(state), product: productText(product), expires: isoDay(expires) },
  }
}
