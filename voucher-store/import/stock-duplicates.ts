// Which vouchers of a file the stock holds already: by serial within the mobile operator, and by
// the keyed hash of the PIN under whatever serial. Point reads by unique indexes, many in one
// statement. The indexes themselves are the guard; this gives the line and names the earlier batch.

import type Database from 'better-sqlite3'
import type { BatchProblem, ParsedVoucher } from '../batch-formats/batch-format.ts'
import type { Slices } from './slices.ts'

/** Keys of one statement: a few milliseconds of reading at most. */
const KEYS = 100

const SELECT = {
  serial: `select v.serial, lot.batch from voucher v join lot on lot.id = v.lot
    where v.mobile_operator = ? and v.serial in `,
  fingerprint: `select v.fingerprint, lot.batch from voucher v join lot on lot.id = v.lot
    where v.fingerprint in `,
}

export class StockDuplicates {
  readonly #database: Database.Database
  /** Prepared once for each number of keys. */
  readonly #statements = new Map<string, Database.Statement>()

  constructor(database: Database.Database) {
    this.#database = database
  }

  async among(
    vouchers: readonly ParsedVoucher[],
    prints: readonly Buffer[],
    slices: Slices,
  ): Promise<BatchProblem[]> {
    const problems: BatchProblem[] = []
    for (let at = 0; at < vouchers.length; at += KEYS) {
      const page = vouchers.slice(at, at + KEYS)
      const serials = this.#serials(page)
      const known = this.#fingerprints(prints.slice(at, at + KEYS))
      const found = serials.size + known.size > 0 ? page : []
      for (const [index, voucher] of found.entries()) {
        const bySerial = serials.get(serialKey(voucher))
        const byPrint = known.get(prints[at + index]?.toString('latin1') ?? '')
        if (bySerial !== undefined) problems.push(problem(voucher, 'the serial', bySerial))
        else if (byPrint !== undefined) problems.push(problem(voucher, 'the PIN', byPrint))
      }
      await slices.pause()
    }
    return problems
  }

  #serials(vouchers: readonly ParsedVoucher[]): Map<string, number> {
    const found = new Map<string, number>()
    const owners = new Map<number, string[]>()
    for (const { product, serial } of vouchers) {
      const owner = Number(product.slice(0, 4))
      const list = owners.get(owner)
      if (list === undefined) owners.set(owner, [serial])
      else list.push(serial)
    }
    for (const [owner, serials] of owners) {
      const rows = this.#statement('serial', serials.length).all(owner, ...serials)
      for (const row of rows as { serial: string; batch: number }[]) {
        found.set(`${owner}/${row.serial}`, row.batch)
      }
    }
    return found
  }

  #fingerprints(prints: readonly Buffer[]): Map<string, number> {
    const found = new Map<string, number>()
    const rows = this.#statement('fingerprint', prints.length).all(...prints)
    for (const row of rows as { fingerprint: Buffer; batch: number }[]) {
      found.set(row.fingerprint.toString('latin1'), row.batch)
    }
    return found
  }

  #statement(by: keyof typeof SELECT, count: number): Database.Statement {
    const name = `${by} ${count}`
    const known = this.#statements.get(name)
    if (known !== undefined) return known
    const places = Array(count).fill('?').join(', ')
    const statement = this.#database.prepare(`${SELECT[by]}(${places})`)
    this.#statements.set(name, statement)
    return statement
  }
}

function problem(voucher: ParsedVoucher, what: string, batch: number): BatchProblem {
  return { line: voucher.line, message: `${what} is already in stock, in batch ${batch}` }
}

function serialKey({ product, serial }: ParsedVoucher): string {
  return `${Number(product.slice(0, 4))}/${serial}`
}
