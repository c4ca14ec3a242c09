// Merchants: lists and changes. A row is never deleted, because sales refer to it; it is disabled.
// Who may change what is not decided here.

import type Database from 'better-sqlite3'
import type { Day } from '../../protocol/values/moment.ts'
import type { How } from '../store-record.ts'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import { basisPointsOf, rateText } from './rate.ts'
import { isoDay, productText } from './shown.ts'
import { readAll, readOne, sql, statement } from './statements.ts'
import { type UseToday, useToday } from './use-today.ts'

export interface MerchantRow {
  readonly mid: string
  readonly name: string
  readonly city: string
  readonly institution: number
  readonly enabled: boolean
  readonly terminals: number
  readonly contact: string | null
  readonly limitCount: number | null
  readonly limitRial: number | null
  /** Null: all. */
  readonly products: string[] | null
}

export interface Commission {
  /** Null: of every product without a rate of its own. */
  readonly product: string | null
  readonly rate: string
  readonly validFrom: string
}

export interface MerchantDetail extends MerchantRow {
  readonly commission: Commission[]
  readonly today: UseToday
}

/** Who does it and when, as the journal keeps it. */
export interface By {
  readonly by: string
  readonly atMs: number
  readonly how?: How | undefined
}

export interface MerchantKey {
  readonly institution: number
  readonly mid: string
}

/** What a merchant may be given beside its key; what is left out stays as it is. */
export interface MerchantFacts {
  readonly name?: string | undefined
  readonly city?: string | undefined
  readonly enabled?: boolean | undefined
  readonly contact?: string | null | undefined
  readonly limitCount?: number | null | undefined
  readonly limitRial?: number | null | undefined
  readonly products?: readonly string[] | null | undefined
}

export interface MerchantSearch {
  readonly institution?: number | undefined
  readonly enabled?: boolean | undefined
  readonly after?: number | undefined
  readonly limit: number
}

export interface MerchantPage {
  readonly merchants: MerchantRow[]
  /** Give it as `after` for the next page; null at the end. */
  readonly after: number | null
}

/** In the order in which they were registered, a page at a time: there are many. */
export function listMerchants(database: Database.Database, search: MerchantSearch): MerchantPage {
  const { institution, enabled, after = 0, limit } = search
  const query = merchantQuery().where('m.id', '>', after).orderBy('m.id').limit(limit)
  if (institution !== undefined) query.where({ 'm.institution': institution })
  if (enabled !== undefined) query.where({ 'm.enabled': +enabled })
  const rows = readAll<RawMerchant>(database, query)
  const last = rows.length === limit ? rows.at(-1) : undefined
  return { merchants: rows.map(shownMerchant), after: last?.id ?? null }
}

export function findMerchant(
  database: Database.Database,
  { institution, mid }: MerchantKey,
): (MerchantRow & { readonly id: number }) | undefined {
  const query = merchantQuery().where({ 'm.institution': institution, 'm.mid': mid })
  const row = readOne<RawMerchant>(database, query)
  return row === undefined ? undefined : { id: row.id, ...shownMerchant(row) }
}

export function merchantDetail(
  database: Database.Database,
  key: MerchantKey,
  today: Day,
): MerchantDetail | undefined {
  const found = findMerchant(database, key)
  if (found === undefined) return undefined
  const { id, ...merchant } = found
  const use = sql('merchant_use').where({ merchant: id })
  return {
    ...merchant,
    commission: commissionOf(database, id),
    today: useToday(database, use, today),
  }
}

export function addMerchant(
  journal: StoreJournal,
  { institution, mid, ...facts }: MerchantKey & MerchantFacts,
  by: By,
): Promise<ChangeResult> {
  const row = { institution, mid, enabled: 1, ...merchantColumns(facts) }
  return writeChange(journal, {
    action: 'merchant add',
    detail: { institution, mid, ...facts },
    statements: [statement(sql('merchant').insert(row), 1)],
    ...by,
  })
}

export function changeMerchant(
  journal: StoreJournal,
  { institution, mid }: MerchantKey,
  facts: MerchantFacts,
  by: By,
): Promise<ChangeResult> {
  const row = merchantColumns(facts)
  const query = sql('merchant').where({ institution, mid })
  return writeChange(journal, {
    action: 'merchant set',
    detail: { institution, mid, ...facts },
    statements: Object.keys(row).length === 0 ? [] : [statement(query.update(row), 1)],
    ...by,
  })
}

/** From that day on; earlier days keep the rate that they had. */
export function setCommission(
  journal: StoreJournal,
  merchant: MerchantKey & { readonly id: number },
  commission: { readonly product: string | null; readonly rate: string; readonly validFrom: Day },
  by: By,
): Promise<ChangeResult> {
  const { product, rate, validFrom } = commission
  const { institution, mid } = merchant
  const row = {
    merchant: merchant.id,
    product: Number(product ?? 0),
    valid_from: validFrom,
    basis_points: basisPointsOf(rate),
  }
  const insert = sql('commission').insert(row)
  return writeChange(journal, {
    action: 'merchant commission',
    detail: { institution, mid, product, rate, validFrom: isoDay(validFrom) },
    statements: [statement(insert.onConflict(['merchant', 'product', 'valid_from']).merge(), 1)],
    ...by,
  })
}

/** As the columns hold it; only what was given. */
function merchantColumns(facts: MerchantFacts): Record<string, string | number | null> {
  const { products, enabled } = facts
  const columns = {
    name: facts.name,
    city: facts.city,
    enabled: enabled === undefined ? undefined : +enabled,
    contact: facts.contact,
    limit_count: facts.limitCount,
    limit_rial: facts.limitRial,
    products: products === undefined || products === null ? products : productsText(products),
  }
  const given = Object.entries(columns).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as Record<string, string | number | null>
}

/** In one order, so that the same list is the same text. */
export function productsText(products: readonly string[]): string {
  return JSON.stringify([...new Set(products)].sort())
}

function commissionOf(database: Database.Database, merchant: number): Commission[] {
  const query = sql('commission').where({ merchant }).orderBy(['product', 'valid_from'])
  type Raw = { product: number; valid_from: number; basis_points: number }
  return readAll<Raw>(database, query).map(({ product, valid_from, basis_points }) => ({
    product: product === 0 ? null : productText(product),
    rate: rateText(basis_points),
    validFrom: isoDay(valid_from),
  }))
}

interface RawMerchant {
  id: number
  mid: string
  name: string
  city: string
  institution: number
  enabled: number
  terminals: number
  contact: string | null
  limit_count: number | null
  limit_rial: number | null
  products: string | null
}

function merchantQuery() {
  const terminals = sql('terminal').count('*').whereRaw('terminal.merchant = m.id')
  return sql('merchant as m').select('m.*', { terminals })
}

function shownMerchant(row: RawMerchant): MerchantRow {
  const { mid, name, city, institution, enabled, terminals, contact, products } = row
  return {
    ...{ mid, name, city, institution, enabled: enabled === 1, terminals, contact },
    limitCount: row.limit_count,
    limitRial: row.limit_rial,
    products: products === null ? null : (JSON.parse(products) as string[]),
  }
}
