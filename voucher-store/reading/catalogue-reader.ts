// The product catalogue in memory: small, read whole, read again when it changes. A product has one
// row for each price it ever had; the newest whose day has come is the one that is sold.

import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { ProductId } from '../../protocol/values/identifiers.ts'
import type { Day } from '../../protocol/values/moment.ts'
import type { Rial } from '../../protocol/values/rial.ts'
import type { Catalogue, Product } from '../../switch/core/book.ts'

interface Row {
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

export interface CatalogueEntry extends Product {
  readonly mobileOperator: string
  readonly nameEn: string
  readonly nameFa: string
  /** What the customer can call for: the price without value added tax, rounded. */
  readonly creditRial: number
  readonly redeem: string
  readonly validFrom: Day
}

export class SqliteCatalogue implements Catalogue {
  readonly #statement: Database.Statement
  readonly #today: () => Day
  #entries = new Map<string, CatalogueEntry[]>()
  #version: { readonly day: Day; readonly number: number } | undefined

  constructor(database: Database.Database, today: () => Day) {
    this.#today = today
    this.#statement = database.prepare('select * from product order by product, valid_from desc')
    this.changed()
  }

  /**
   * Four digits that nearly always change when what is sold does: by a change of the catalogue, or
   * by the midnight from which a dated price is in force.
   */
  get version(): number {
    const day = this.#today()
    if (this.#version?.day !== day) this.#version = { day, number: numberOf(this.products()) }
    return this.#version.number
  }

  product(id: string, day: Day): CatalogueEntry | undefined {
    return this.#entries.get(id)?.find((entry) => entry.validFrom <= day)
  }

  /** Those sold today, ascending by id. */
  products(): { product: string; priceRial: number; name: string }[] {
    const today = this.#today()
    const sold: { product: string; priceRial: number; name: string }[] = []
    for (const id of this.#entries.keys()) {
      const entry = this.product(id, today)
      if (entry?.enabled !== true) continue
      sold.push({ product: id, priceRial: entry.priceRial, name: entry.nameEn })
    }
    return sold
  }

  changed(): void {
    const rows = this.#statement.all() as Row[]
    this.#entries = new Map()
    for (const row of rows) {
      const entry = entryOf(row)
      const others = this.#entries.get(entry.id)
      if (others === undefined) this.#entries.set(entry.id, [entry])
      else others.push(entry)
    }
    this.#version = undefined
  }
}

function numberOf(sold: ReturnType<SqliteCatalogue['products']>): number {
  const hash = createHash('sha256').update(JSON.stringify(sold)).digest()
  return hash.readUInt32BE(0) % 10_000
}

function entryOf(row: Row): CatalogueEntry {
  return {
    id: String(row.product).padStart(6, '0') as ProductId,
    priceRial: row.price_rial as Rial,
    enabled: row.enabled === 1,
    mobileOperator: row.mobile_operator,
    nameEn: row.name_en,
    nameFa: row.name_fa,
    creditRial: Math.round(row.price_rial / (1 + Number(row.vat_rate))),
    redeem: row.redeem,
    validFrom: row.valid_from,
  }
}
