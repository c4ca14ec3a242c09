// What the inventory's windows are filled from: available vouchers of released batches, lot after
// lot in the order of their expiry. A lot is read from front to back by the index of what is
// available, so a refill costs the same at any size of stock.

import type Database from 'better-sqlite3'
import type {
  Sellable,
  StockCursor,
  StockPage,
  StockReader,
  StockVoucher,
} from '../../switch/core/inventory.ts'
import { batchCode } from '../codes.ts'

interface LotRow {
  id: number
  batch: number
  expires: number
}

interface VoucherRow {
  id: number
  serial: string
  sealed: Buffer
}

export class SqliteStockReader implements StockReader {
  readonly #lots: Database.Statement
  readonly #vouchers: Database.Statement
  readonly #byId: Database.Statement

  constructor(database: Database.Database) {
    this.#lots = database.prepare(
      `select lot.id, lot.batch, lot.expires from lot join batch on batch.id = lot.batch
       where lot.product = ? and batch.state = ${batchCode('released')} and lot.available > 0
       order by lot.expires, lot.id`,
    )
    this.#vouchers = database.prepare(
      `select id, serial, sealed from voucher
       where lot = ? and state = 0 and id > ? order by id limit ?`,
    )
    this.#byId = database.prepare(
      `select v.id, v.serial, v.sealed, lot.batch, lot.product, lot.expires
       from voucher v join lot on lot.id = v.lot where v.id = ?`,
    )
  }

  available(product: string, after: StockCursor, most: number, only?: Sellable): StockPage {
    const lots = this.#lots.all(Number(product)) as LotRow[]
    const vouchers: StockVoucher[] = []
    let cursor = after
    let passedOver = 0
    for (const lot of remaining(lots, after)) {
      if (only?.held.has(lot.batch) === true) continue
      if (only !== undefined && lot.expires < only.day) {
        passedOver = lot.expires
        continue
      }
      const from = cursor?.lot === lot.id ? cursor.id : 0
      const rows = this.#vouchers.all(lot.id, from, most - vouchers.length) as VoucherRow[]
      for (const row of rows) vouchers.push(stockVoucher(row, lot, product))
      const last = rows.at(-1)
      if (last !== undefined) cursor = { lot: lot.id, id: last.id, expires: lot.expires }
      if (vouchers.length >= most) break
    }
    return { vouchers, cursor, passedOver }
  }

  /** One voucher in any state, as a repeat or a reprint needs it. */
  byId(id: number): StockVoucher | undefined {
    const row = this.#byId.get(id) as
      | (VoucherRow & LotRow & { product: number; id: number })
      | undefined
    if (row === undefined) return undefined
    return stockVoucher(row, row, String(row.product).padStart(6, '0'))
  }
}

/** The lots from the cursor's on. One that was used up meanwhile is no longer in the list. */
function remaining(lots: LotRow[], after: StockCursor): LotRow[] {
  if (after === undefined) return lots
  return lots.filter(
    (lot) => lot.expires > after.expires || (lot.expires === after.expires && lot.id >= after.lot),
  )
}

function stockVoucher(
  row: VoucherRow,
  lot: { batch: number; expires: number },
  product: string,
): StockVoucher {
  return {
    id: row.id,
    batch: lot.batch,
    product,
    serial: row.serial,
    expires: lot.expires,
    sealedPin: row.sealed,
  }
}
