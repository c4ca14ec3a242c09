// Finds a terminal by institution, merchant and terminal id, for every message: a bounded cache in
// front of one indexed read. Cleared whenever a terminal or merchant changes.

import type Database from 'better-sqlite3'
import type { MerchantId, TerminalId } from '../../protocol/values/identifiers.ts'
import type { DailyLimit, Terminal, Terms } from '../../switch/core/sale-record.ts'

interface Found {
  readonly terminal: Terminal
  readonly scheme: 'none' | 'tdes' | 'aes'
  /** Parameters for its software, by name. */
  readonly settings: Readonly<Record<string, string>>
}

interface Row {
  id: number
  tid: string
  scheme: string
  enabled: number
  retired_ms: number | null
  limit_count: number | null
  limit_rial: number | null
  settings: string | null
  merchant: number
  mid: string
  name: string
  city: string
  merchant_enabled: number
  merchant_limit_count: number | null
  merchant_limit_rial: number | null
  products: string | null
}

export class SqliteTerminalDirectory {
  readonly #statement: Database.Statement
  readonly #most: number
  readonly #known = new Map<string, Found>()

  constructor(database: Database.Database, most: number) {
    this.#most = most
    this.#statement = database.prepare(
      `select t.id, t.tid, t.scheme, t.enabled, t.retired_ms, t.limit_count, t.limit_rial,
         t.settings, m.id as merchant, m.mid, m.name, m.city, m.enabled as merchant_enabled,
         m.limit_count as merchant_limit_count, m.limit_rial as merchant_limit_rial, m.products
       from merchant m join terminal t on t.merchant = m.id
       where m.institution = ? and m.mid = ? and t.tid = ?`,
    )
  }

  find(institution: number, mid: string, tid: string): Found | undefined {
    const key = `${institution}/${mid}/${tid}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const row = this.#statement.get(institution, mid, tid) as Row | undefined
    if (row === undefined) return undefined
    const found = foundOf(row, institution)
    // The oldest entry makes room: a Map keeps the order in which they came.
    if (this.#known.size >= this.#most) {
      const oldest = this.#known.keys().next().value
      if (oldest !== undefined) this.#known.delete(oldest)
    }
    this.#known.set(key, found)
    return found
  }

  changed(): void {
    this.#known.clear()
  }
}

function foundOf(row: Row, institution: number): Found {
  return {
    scheme: row.scheme as Found['scheme'],
    settings: row.settings === null ? NO_SETTINGS : JSON.parse(row.settings),
    terminal: {
      key: row.id,
      institution,
      tid: row.tid as TerminalId,
      mid: row.mid as MerchantId,
      merchantKey: row.merchant,
      merchantName: row.name,
      nameAndLocation: nameAndLocation(row.name, row.city, row.mid),
      maySell: row.enabled === 1 && row.retired_ms === null && row.merchant_enabled === 1,
      terms: termsOf(row),
    },
  }
}

/** One object for all terminals without settings: there are many of them. */
const NO_SETTINGS = {}

function termsOf(row: Row): Terms | undefined {
  const terminalLimit = limitOf(row.limit_count, row.limit_rial)
  const merchantLimit = limitOf(row.merchant_limit_count, row.merchant_limit_rial)
  const products = row.products === null ? undefined : new Set<string>(JSON.parse(row.products))
  if (terminalLimit === undefined && merchantLimit === undefined && products === undefined) {
    return undefined
  }
  return { terminalLimit, merchantLimit, products }
}

function limitOf(count: number | null, rial: number | null): DailyLimit | undefined {
  if (count === null && rial === null) return undefined
  return { count: count ?? undefined, rial: rial ?? undefined }
}

/** DE 43: name 23, city 14, country 3. The card host reads ASCII; another name gives the number. */
export function nameAndLocation(name: string, city: string, mid: string): string {
  const isPlain = /^[ -~]*$/
  const shown = isPlain.test(name) ? name : `MERCHANT ${mid}`
  const place = isPlain.test(city) ? city : ''
  return `${shown.slice(0, 22).padEnd(23)}${place.slice(0, 13).padEnd(14)}IR `
}
