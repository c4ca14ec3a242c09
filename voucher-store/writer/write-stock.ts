// Moves vouchers between states and keeps the counts of their lots in the same commit. Every move
// names the state it starts from; a voucher that is elsewhere refuses the whole record.
// [nothing-lost, rules 3, 11, 14, 16]
//
// What a lot is, and whether its batch is released, is read once and remembered. Only
// administration changes it, and that comes through the same writer, which then says so.

import type Database from 'better-sqlite3'
import { type VoucherState, voucherCode } from '../codes.ts'
import type { GroupSums } from './group-sums.ts'
import { GuardError } from './guard-error.ts'

interface Lot {
  readonly id: number
  readonly batch: number
  readonly product: number
  readonly expires: number
  readonly batchState: number
}

const RELEASED = 2

export class StockWriter {
  readonly #reserve: Database.Statement
  readonly #move: Database.Statement
  readonly #moveToStock: Database.Statement
  readonly #takeOut: Database.Statement
  readonly #lotOfVoucher: Database.Statement
  readonly #lot: Database.Statement
  readonly #lots = new Map<number, Lot>()
  readonly #sums: GroupSums

  constructor(database: Database.Database, sums: GroupSums) {
    this.#sums = sums
    const available = voucherCode('available')
    this.#reserve = database.prepare(
      `update voucher set state = ${voucherCode('reserved')}, sale = ?
       where id = ? and state = ${available}`,
    )
    this.#move = database.prepare(
      'update voucher set state = ? where id = ? and sale = ? and state = ?',
    )
    this.#moveToStock = database.prepare(
      `update voucher set state = ${available}, sale = null
       where id = ? and sale = ? and state = ?`,
    )
    this.#takeOut = database.prepare(
      `update voucher set state = ? where id = ? and state = ${available}`,
    )
    this.#lotOfVoucher = database.prepare('select lot from voucher where id = ?').pluck()
    this.#lot = database.prepare(
      `select lot.id, lot.product, lot.expires, batch.state as batchState
       from lot join batch on batch.id = lot.batch where lot.id = ?`,
    )
  }

  /** What is known of lots and batches may be otherwise now. */
  forget(): void {
    this.#lots.clear()
  }

  /**
   * C1's guard: in stock, of a released batch, of that product, not expired on `day`. Gives the lot
   * of each.
   */
  reserve(saleId: number, voucherIds: readonly number[], product: number, day: number): number[] {
    return voucherIds.map((id) => {
      const moved = this.#reserve.run(saleId, id).changes
      if (moved !== 1) throw new GuardError(`voucher ${id} is not in stock`)
      const lot = this.#lotOf(id)
      if (lot.product !== product) throw new GuardError(`voucher ${id} is another product`)
      if (lot.expires < day) throw new GuardError(`voucher ${id} has expired`)
      if (lot.batchState !== RELEASED) {
        throw new GuardError(`voucher ${id} is of a batch that is not released`)
      }
      this.#sums.moved(lot.id, 'available', 'reserved')
      return lot.id
    })
  }

  /** `lots`: of each voucher, where that is known. `leavesOthers`: what is elsewhere stays so. */
  move(
    saleId: number,
    voucherIds: readonly number[],
    [from, to]: readonly [from: VoucherState, to: VoucherState],
    { lots, leavesOthers }: { lots?: readonly number[] | undefined; leavesOthers?: boolean } = {},
  ): void {
    const [fromCode, toCode] = [voucherCode(from), voucherCode(to)]
    const others: number[] = []
    for (const [index, id] of voucherIds.entries()) {
      const moved =
        to === 'available'
          ? this.#moveToStock.run(id, saleId, fromCode)
          : this.#move.run(toCode, id, saleId, fromCode)
      if (moved.changes === 1) this.#sums.moved(lots?.[index] ?? this.#lotOf(id).id, from, to)
      else others.push(id)
    }
    if (others.length === 0 || leavesOthers === true) return
    throw new GuardError(`voucher ${others.join(', ')} of sale ${saleId} is not ${from}`)
  }

  /** A voucher of no sale, out of stock. */
  takeOut(voucherId: number, to: 'quarantined' | 'voided' | 'expired'): void {
    const moved = this.#takeOut.run(voucherCode(to), voucherId).changes
    if (moved !== 1) throw new GuardError(`voucher ${voucherId} is not in stock`)
    this.#sums.moved(this.#lotOf(voucherId).id, 'available', to)
  }

  #lotOf(voucherId: number): Lot {
    const id = this.#lotOfVoucher.get(voucherId) as number
    const known = this.#lots.get(id)
    if (known !== undefined) return known
    const lot = this.#lot.get(id) as Lot
    this.#lots.set(id, lot)
    return lot
  }
}
