// What the core's inventory holds in memory, told from what it was asked and what it read: the same
// calls go in, so the same vouchers are waiting, reserved or gone. Hands everything on unchanged.

import type {
  Inventory,
  Sellable,
  StockCursor,
  StockPage,
  StockReader,
} from '../../switch/core/inventory.ts'

export class StockShadow implements StockReader {
  readonly #stock: StockReader
  /** Read from the store and neither settled nor read anew since; its value: reserved. */
  readonly known = new Map<number, boolean>()
  reads = 0

  constructor(stock: StockReader) {
    this.#stock = stock
  }

  available(product: string, after: StockCursor, most: number, only: Sellable): StockPage {
    const read = this.#stock.available(product, after, most, only)
    this.reads = 1
    for (const { id } of read.vouchers) if (!this.known.has(id)) this.known.set(id, false)
    return read
  }

  watch(inventory: Inventory): void {
    const reserve = inventory.reserve.bind(inventory)
    const release = inventory.release.bind(inventory)
    const settle = inventory.settle.bind(inventory)
    const stockChanged = inventory.stockChanged.bind(inventory)
    inventory.reserve = (product, count, day) => {
      const taken = reserve(product, count, day)
      for (const { id } of taken ?? []) this.known.set(id, true)
      return taken
    }
    inventory.release = (vouchers) => {
      release(vouchers)
      for (const { id } of vouchers) this.known.set(id, false)
    }
    inventory.settle = (vouchers) => {
      settle(vouchers)
      for (const { id } of vouchers) this.known.delete(id)
    }
    inventory.stockChanged = (batch) => {
      stockChanged(batch)
      this.reads = 0
      for (const [id, reserved] of this.known) if (!reserved) this.known.delete(id)
    }
  }

  memory(): string {
    const known = [...this.known].map(([id, reserved]) => `${id}${+reserved}`).sort()
    return `${this.reads} ${known.join()}`
  }
}
