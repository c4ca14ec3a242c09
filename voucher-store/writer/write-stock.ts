// Moves vouchers between states and keeps the counts of their lots in the same commit. Every move
// names the state it starts from; a voucher that is elsewhere refuses the whole record.
// [nothing-lost, rules 3, 11, 14, 16]

import type Database from 'better-sqlite3'
import { type VoucherState, voucherCode } from '../codes.ts'
import { GuardError } from './guard-error.ts'

interface Lot {
  readonly id: number
  readonly batch: number
  readonly product: number
  readonly expires: number
}

const RELEASED = 2

export class StockWriter {
  readonly #reserve: Database.Statement
  readonly #move: Database.Statement
  readonly #moveToStock: Database.Statement
  readonly #lot: Database.Statement
  readonly #batchState: Database.Statement
  readonly #counts = new Map<string, Database.Statement>()
  readonly #lots = new Map<number, Lot>()
  readonly #database: Database.Database

  constructor(database: Database.Database) {
    this.#database = database
    const available = voucherCode('available')
    this.#reserve = database.prepare(
      `update voucher set state = ${voucherCode('reserved')}, sale = ?
       where id = ? and state = ${available} returning lot`,
    )
    this.#move = database.prepare(
      'update voucher set state = ? where id = ? and sale = ? and state = ? returning lot',
    )
    this.#moveToStock = database.prepare(
      `update voucher set state = ${available}, sale = null
       where id = ? and sale = ? and state = ? returning lot`,
    )
    this.#lot = database.prepare('select id, batch, product, expires from lot where id = ?')
    this.#batchState = database.prepare('select state from batch where id = ?').pluck()
  }

  /** C1's guard: in stock, of a released batch, of that product, not expired on `day`. */
  reserve(saleId: number, voucherIds: readonly number[], product: number, day: number): void {
    for (const id of voucherIds) {
      const row = this.#reserve.get(saleId, id) as { lot: number } | undefined
      if (row === undefined) throw new GuardError(`voucher ${id} is not in stock`)
      const lot = this.#lotOf(row.lot)
      if (lot.product !== product) throw new GuardError(`voucher ${id} is another product`)
      if (lot.expires < day) throw new GuardError(`voucher ${id} has expired`)
      if (this.#batchState.get(lot.batch) !== RELEASED) {
        throw new GuardError(`voucher ${id} is of a batch that is not released`)
      }
      this.#count(lot.id, 'available', 'reserved')
    }
  }

  move(saleId: number, voucherIds: readonly number[], from: VoucherState, to: VoucherState): void {
    const statement = to === 'available' ? this.#moveToStock : this.#move
    for (const id of voucherIds) {
      const values =
        to === 'available'
          ? [id, saleId, voucherCode(from)]
          : [voucherCode(to), id, saleId, voucherCode(from)]
      const row = statement.get(...values) as { lot: number } | undefined
      if (row === undefined) throw new GuardError(`voucher ${id} of sale ${saleId} is not ${from}`)
      this.#count(row.lot, from, to)
    }
  }

  /** A voucher of no sale, out of stock. */
  takeOut(voucherId: number, to: 'quarantined' | 'voided' | 'expired'): void {
    const row = this.#database
      .prepare('update voucher set state = ? where id = ? and state = ? returning lot')
      .get(voucherCode(to), voucherId, voucherCode('available')) as { lot: number } | undefined
    if (row === undefined) throw new GuardError(`voucher ${voucherId} is not in stock`)
    this.#count(row.lot, 'available', to)
  }

  #count(lot: number, from: VoucherState, to: VoucherState): void {
    const name = `${from} ${to}`
    let statement = this.#counts.get(name)
    if (statement === undefined) {
      statement = this.#database.prepare(
        `update lot set ${from} = ${from} - 1, ${to} = ${to} + 1 where id = ?`,
      )
      this.#counts.set(name, statement)
    }
    statement.run(lot)
  }

  /** What a lot is never changes, so it is read once. */
  #lotOf(id: number): Lot {
    const known = this.#lots.get(id)
    if (known !== undefined) return known
    const lot = this.#lot.get(id) as Lot
    this.#lots.set(id, lot)
    return lot
  }
}
