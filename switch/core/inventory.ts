// The vouchers that can be sold now, as a bounded window of ids per product, earliest expiry first.
// Nothing here waits: in one process, a function that runs from start to end is the lock.
//
// Every voucher this process knows of is in exactly one place: a window, or reserved for one sale.
// `known` is both together; a refill skips what is known, so that no voucher can be in two places.

import type { Day } from '../../protocol/values/moment.ts'

/** A voucher in stock. The PIN stays enciphered until a sale reserves it. */
export interface StockVoucher {
  readonly id: number
  readonly batch: number
  readonly product: string
  readonly serial: string
  /** The last day on which it can be redeemed. */
  readonly expires: Day
  readonly sealedPin: Uint8Array
}

/** Where a product's next refill goes on; undefined is the beginning. Opaque to the inventory. */
export type StockCursor =
  | { readonly expires: Day; readonly lot: number; readonly id: number }
  | undefined

/** Of what is available: good on or after `day`, and not of these batches. */
export interface Sellable {
  readonly day: Day
  readonly held: ReadonlySet<number>
}

export interface StockPage {
  readonly vouchers: StockVoucher[]
  readonly cursor: StockCursor
  /** The latest last day of what was left out because of `day`; 0 when nothing was. */
  readonly passedOver: Day
}

export interface StockReader {
  /**
   * The next `most` available vouchers of released batches, in order of expiry and id. Left out is
   * whatever stands together, not voucher by voucher: there may be a million of them in front.
   */
  available(product: string, after: StockCursor, most: number, only: Sellable): StockPage
}

interface ProductWindow {
  waiting: StockVoucher[]
  cursor: StockCursor
  /** The reader has nothing beyond the cursor; asked again only after a change of stock. */
  exhausted: boolean
  /** The latest last day of those passed over as expired; 0 when none was. */
  passedOver: Day
}

export class Inventory {
  readonly #stock: StockReader
  readonly #windowSize: number
  readonly #windows = new Map<string, ProductWindow>()
  readonly #known = new Set<number>()
  readonly #heldBatches = new Set<number>()
  #reserved = 0

  constructor(stock: StockReader, options: { windowSize: number }) {
    this.#stock = stock
    this.#windowSize = options.windowSize
  }

  /** Takes `count` vouchers that are good on or after `day`, all or none. */
  reserve(product: string, count: number, day: Day): StockVoucher[] | undefined {
    const window = this.#window(product)
    // Passed over by a clock that was ahead: by this day's they are good.
    if (window.passedOver >= day) this.#readAnew(window)
    const taken: StockVoucher[] = []
    while (taken.length < count) {
      if (window.waiting.length === 0) this.#refill(product, window, day)
      const voucher = window.waiting.shift()
      if (voucher === undefined) break
      if (voucher.expires >= day) taken.push(voucher)
      else {
        this.#known.delete(voucher.id)
        window.passedOver = Math.max(window.passedOver, voucher.expires)
      }
    }
    this.#reserved += taken.length
    if (taken.length === count) return taken
    this.release(taken)
    return undefined
  }

  /** Back to stock. Only for vouchers of which no sold record was ever committed. */
  release(vouchers: readonly StockVoucher[]): void {
    this.#reserved -= vouchers.length
    for (const voucher of vouchers) {
      if (!this.#known.has(voucher.id)) throw new Error(`voucher ${voucher.id} was not reserved`)
      if (this.#heldBatches.has(voucher.batch)) this.#known.delete(voucher.id)
      else insertInOrder(this.#window(voucher.product).waiting, voucher)
    }
  }

  /** Sold, or quarantined: never seen here again. */
  settle(vouchers: readonly StockVoucher[]): void {
    this.#reserved -= vouchers.length
    for (const voucher of vouchers) this.#known.delete(voucher.id)
  }

  /** From now on no reservation contains the batch. Sales that reserved before go on. */
  hold(batch: number): void {
    this.#heldBatches.add(batch)
    for (const window of this.#windows.values()) {
      const kept: StockVoucher[] = []
      for (const voucher of window.waiting) {
        if (voucher.batch === batch) this.#known.delete(voucher.id)
        else kept.push(voucher)
      }
      window.waiting = kept
    }
  }

  /** A batch was released, or vouchers came back: every window is read anew when next needed. */
  stockChanged(releasedBatch?: number): void {
    if (releasedBatch !== undefined) this.#heldBatches.delete(releasedBatch)
    for (const window of this.#windows.values()) this.#readAnew(window)
  }

  /** Reserved by sales that have not ended. */
  get reserved(): number {
    return this.#reserved
  }

  #window(product: string): ProductWindow {
    const found = this.#windows.get(product)
    if (found !== undefined) return found
    const window = { waiting: [], cursor: undefined, exhausted: false, passedOver: 0 }
    this.#windows.set(product, window)
    return window
  }

  #readAnew(window: ProductWindow): void {
    for (const voucher of window.waiting) this.#known.delete(voucher.id)
    window.waiting = []
    window.cursor = undefined
    window.exhausted = false
    window.passedOver = 0
  }

  #refill(product: string, window: ProductWindow, day: Day): void {
    const only = { day, held: this.#heldBatches }
    while (window.waiting.length === 0 && !window.exhausted) {
      const read = this.#stock.available(product, window.cursor, this.#windowSize, only)
      window.passedOver = Math.max(window.passedOver, read.passedOver)
      window.cursor = read.cursor
      window.exhausted = read.vouchers.length < this.#windowSize
      for (const voucher of read.vouchers) {
        if (this.#known.has(voucher.id)) continue
        this.#known.add(voucher.id)
        window.waiting.push(voucher)
      }
    }
  }
}

function insertInOrder(waiting: StockVoucher[], voucher: StockVoucher): void {
  let place = 0
  for (const other of waiting) {
    if (other.expires > voucher.expires) break
    if (other.expires === voucher.expires && other.id > voucher.id) break
    place++
  }
  waiting.splice(place, 0, voucher)
}
