// The catalogue in the store: one row for each price a product ever had. A file adds and replaces
// rows by (product, valid from) as a whole; a product that was disabled stays so under new prices.

import type Database from 'better-sqlite3'
import { type ProductId, parseProductId } from '../../protocol/values/identifiers.ts'
import type { Day } from '../../protocol/values/moment.ts'
import { isReason } from '../../protocol/values/reason.ts'
import type { BatchCatalogue } from '../batch-formats/batch-format.ts'
import type { CatalogueProduct } from '../catalogue-file.ts'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import type { By } from './merchants.ts'
import { codeGuards } from './product-codes.ts'
import { isoDay, productText } from './shown.ts'
import { readAll, sql, statement } from './statements.ts'

export interface ProductRow {
  readonly product: string
  readonly mobileOperator: string
  readonly nameEn: string
  readonly nameFa: string
  readonly priceRial: number
  readonly vatRate: string
  readonly redeem: string
  readonly validFrom: string
  readonly enabled: boolean
}

/** Every price of every product, the oldest first. */
export function listProducts(database: Database.Database): ProductRow[] {
  const query = sql('product').select('*').orderBy(['product', 'valid_from'])
  return readAll<RawProduct>(database, query).map(shownProduct)
}

/** One row a product: the price in force, or the first to come. */
export function productsInForce(database: Database.Database, today: Day): ProductRow[] {
  const chosen = new Map<string, ProductRow>()
  const now = isoDay(today)
  for (const row of listProducts(database)) {
    if (!chosen.has(row.product) || row.validFrom <= now) chosen.set(row.product, row)
  }
  return [...chosen.values()]
}

export function loadProducts(
  journal: StoreJournal,
  database: Database.Database,
  products: readonly CatalogueProduct[],
  by: By,
): Promise<ChangeResult> {
  const known = listProducts(database)
  const disabled = new Set(known.filter((row) => !row.enabled).map((row) => row.product))
  const statements = products.map((product) => {
    const row = {
      product: Number(product.product),
      mobile_operator: product.mobileOperator,
      name_en: product.nameEn,
      name_fa: product.nameFa,
      price_rial: product.priceRial,
      vat_rate: vatRate(product.vatBasisPoints),
      redeem: product.redeem,
      valid_from: product.validFrom,
      enabled: disabled.has(product.product) ? 0 : 1,
    }
    return statement(sql('product').insert(row).onConflict(['product', 'valid_from']).merge(), 1)
  })
  const detail = {
    products: products.map((row) => [row.product, row.priceRial, isoDay(row.validFrom)]),
  }
  const guards = codeGuards(database, products)
  const all = [...statements, ...guards]
  return writeChange(journal, { action: 'product load', detail, statements: all, ...by })
}

/** Enables or disables a product under all its prices. */
export async function changeProduct(
  journal: StoreJournal,
  product: string,
  change: { readonly enabled: boolean },
  by: By,
): Promise<ChangeResult> {
  const query = sql('product').where({ product: Number(product) })
  return writeChange(journal, {
    action: 'product set',
    detail: { product, enabled: change.enabled },
    statements: [statement(query.update({ enabled: +change.enabled }))],
    ...by,
  })
}

/**
 * What may be imported today: products by the price in force. Of several at one price those that
 * are sold count before the disabled ones.
 */
export function batchCatalogue(database: Database.Database, today: Day): BatchCatalogue {
  const byPrice = new Map<string, { id: ProductId; enabled: boolean }[]>()
  const ids = new Set<string>()
  for (const row of productsInForce(database, today)) {
    const id = parseProductId(row.product)
    if (isReason(id)) continue
    ids.add(id)
    for (const owner of [row.mobileOperator, id.slice(0, 4)]) {
      const place = `${owner} ${row.priceRial}`
      byPrice.set(place, [...(byPrice.get(place) ?? []), { id, enabled: row.enabled }])
    }
  }
  return {
    product: (mobileOperator, priceRial) => {
      const all = byPrice.get(`${mobileOperator} ${priceRial}`) ?? []
      const sold = all.filter(({ enabled }) => enabled)
      const [one, ...others] = sold.length > 0 ? sold : all
      return others.length > 0 ? 'several' : one?.id
    },
    has: (id) => ids.has(id),
  }
}

interface RawProduct {
  product: number
  mobile_operator: string
  name_en: string
  name_fa: string
  price_rial: number
  vat_rate: string
  redeem: string
  valid_from: number
  enabled: number
}

function shownProduct(row: RawProduct): ProductRow {
  return {
    product: productText(row.product),
    mobileOperator: row.mobile_operator,
    nameEn: row.name_en,
    nameFa: row.name_fa,
    priceRial: row.price_rial,
    vatRate: row.vat_rate,
    redeem: row.redeem,
    validFrom: isoDay(row.valid_from),
    enabled: row.enabled === 1,
  }
}

/** 1000 basis points are `0.10`: two places, more only where they are needed. */
function vatRate(basisPoints: number): string {
  return (basisPoints / 10_000).toFixed(4).replace(/0{1,2}$/, '')
}
