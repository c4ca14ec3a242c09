// A naive store of vouchers for tests of the inventory: a list that is sorted anew at every read.

import type {
  Sellable,
  StockCursor,
  StockPage,
  StockReader,
  StockVoucher,
} from '../../../switch/core/inventory.ts'

export interface ShelfVoucher {
  readonly voucher: StockVoucher
  state: 'available' | 'reserved' | 'sold'
}

export class Shelf implements StockReader {
  readonly vouchers: ShelfVoucher[] = []
  readonly unreleased = new Set<number>()
  reads = 0

  add(voucher: Omit<StockVoucher, 'id' | 'serial' | 'sealedPin'>): StockVoucher {
    const id = this.vouchers.length + 1
    const added = { ...voucher, id, serial: `SN${id}`, sealedPin: new Uint8Array() }
    this.vouchers.push({ voucher: added, state: 'available' })
    return added
  }

  mark(vouchers: readonly StockVoucher[], state: ShelfVoucher['state']): void {
    for (const { id } of vouchers) {
      const found = this.vouchers[id - 1]
      if (found !== undefined) found.state = state
    }
  }

  /** Sellable by the store alone, in the order in which they are to be sold. */
  sellable(product: string): StockVoucher[] {
    return this.vouchers
      .filter(({ voucher, state }) => {
        if (state !== 'available' || voucher.product !== product) return false
        return !this.unreleased.has(voucher.batch)
      })
      .map(({ voucher }) => voucher)
      .sort((a, b) => a.expires - b.expires || a.batch - b.batch || a.id - b.id)
  }

  available(product: string, after: StockCursor, most: number, only: Sellable): StockPage {
    this.reads++
    const all = this.sellable(product).filter(({ expires, batch, id }) => {
      if (after === undefined) return true
      if (expires !== after.expires) return expires > after.expires
      return batch === after.lot ? id > after.id : batch > after.lot
    })
    const free = all.filter(({ batch }) => !only.held.has(batch))
    const passed = free.filter(({ expires }) => expires < only.day)
    const vouchers = free.slice(passed.length, passed.length + most)
    const last = vouchers.at(-1)
    const cursor =
      last === undefined ? after : { expires: last.expires, lot: last.batch, id: last.id }
    return { vouchers, cursor, passedOver: passed.at(-1)?.expires ?? 0 }
  }
}
