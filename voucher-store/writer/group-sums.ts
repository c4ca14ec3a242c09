// Sums that many sales of a group add to: the counts of a lot, and what a merchant has sold on a
// day. They are added up here and written once, before the group is committed, so that a sale costs
// no statement for them. Nobody reads them inside a group but a record that says so: for that one
// they are written before it.

import type Database from 'better-sqlite3'
import type { VoucherState } from '../codes.ts'

/**
 * Adds what is inserted to the row of its terminal or merchant. A later day begins anew; what comes
 * late of an earlier one does not count any more.
 */
export const USE_OF_DAY = `use_count = case when excluded.use_day > use_day then excluded.use_count
    else use_count + (excluded.use_day = use_day) * excluded.use_count end,
  use_amount = case when excluded.use_day > use_day then excluded.use_amount
    else use_amount + (excluded.use_day = use_day) * excluded.use_amount end,
  use_day = max(use_day, excluded.use_day)`

/** The states between which sales move vouchers, in the order of the statement's parameters. */
const COUNTED = ['available', 'reserved', 'sold', 'quarantined', 'voided', 'expired'] as const
type Counted = (typeof COUNTED)[number]

interface Use {
  readonly merchant: number
  readonly day: number
  count: number
  amount: number
}

export class GroupSums {
  readonly #lot: Database.Statement
  readonly #merchant: Database.Statement
  readonly #lots = new Map<number, number[]>()
  readonly #uses = new Map<number, Use>()

  constructor(database: Database.Database) {
    const sets = COUNTED.map((state) => `${state} = ${state} + ?`)
    this.#lot = database.prepare(`update lot set ${sets.join(', ')} where id = ?`)
    this.#merchant = database.prepare(
      `insert into merchant_use (merchant, use_day, use_count, use_amount) values (?, ?, ?, ?)
       on conflict (merchant) do update set ${USE_OF_DAY}`,
    )
  }

  moved(lot: number, from: VoucherState, to: VoucherState): void {
    let counts = this.#lots.get(lot)
    if (counts === undefined) {
      counts = COUNTED.map(() => 0)
      this.#lots.set(lot, counts)
    }
    add(counts, from, -1)
    add(counts, to, 1)
  }

  /** A sold sale of the merchant, on the day of its intent. */
  sold(merchant: number, day: number, amount: number): void {
    const use = this.#uses.get(merchant)
    if (use?.day === day) {
      use.count++
      use.amount += amount
      return
    }
    if (use !== undefined) this.#writeUse(use)
    this.#uses.set(merchant, { merchant, day, count: 1, amount })
  }

  write(): void {
    for (const [lot, counts] of this.#lots) this.#lot.run(...counts, lot)
    for (const use of this.#uses.values()) this.#writeUse(use)
    this.discard()
  }

  /** The records that they are of were rolled back. */
  discard(): void {
    this.#lots.clear()
    this.#uses.clear()
  }

  #writeUse({ merchant, day, count, amount }: Use): void {
    this.#merchant.run(merchant, day, count, amount)
  }
}

function add(counts: number[], state: VoucherState, by: number): void {
  const place = COUNTED.indexOf(state as Counted)
  counts[place] = (counts[place] ?? 0) + by
}
