// Finds a terminal by institution, merchant and terminal id, for every message: a bounded cache in
// front of one indexed read. Cleared whenever a terminal or merchant changes.

import type Database from 'better-sqlite3'
import type { MerchantId, TerminalId } from '../../protocol/values/identifiers.ts'
import type { Terminal } from '../../switch/core/sale-record.ts'

interface Found {
  readonly terminal: Terminal
  readonly scheme: 'none' | 'tdes' | 'aes'
}

interface Row {
  id: number
  tid: string
  scheme: string
  enabled: number
  merchant: number
  mid: string
  name: string
  city: string
  merchant_enabled: number
}

export class SqliteTerminalDirectory {
  readonly #statement: Database.Statement
  readonly #most: number
  readonly #known = new Map<string, Found>()

  constructor(database: Database.Database, most: number) {
    this.#most = most
    this.#statement = database.prepare(
      `select t.id, t.tid, t.scheme, t.enabled, m.id as merchant, m.mid, m.name, m.city,
         m.enabled as merchant_enabled
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
    terminal: {
      key: row.id,
      institution,
      tid: row.tid as TerminalId,
      mid: row.mid as MerchantId,
      merchantKey: row.merchant,
      merchantName: row.name,
      nameAndLocation: nameAndLocation(row.name, row.city, row.mid),
      maySell: row.enabled === 1 && row.merchant_enabled === 1,
    },
  }
}

/** DE 43: name 23, city 14, country 3. The card host reads ASCII; another name gives the number. */
export function nameAndLocation(name: string, city: string, mid: string): string {
  const isPlain = /^[ -~]*$/
  const shown = isPlain.test(name) ? name : `MERCHANT ${mid}`
  const place = isPlain.test(city) ? city : ''
  return `${shown.slice(0, 22).padEnd(23)}${place.slice(0, 13).padEnd(14)}IR `
}
