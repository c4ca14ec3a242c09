// The administrator's side of the stock: imports batches, holds them for a while and releases them,
// and holds them again in a store that a restore brought back.

import type { Oracle } from './oracle/oracle.ts'
import type { Seeded } from './seeded.ts'
import { batchOf, PRODUCTS, type SimVoucher } from './shop.ts'
import type { SimStore } from './sqlite-sim-store.ts'
import type { SwitchInstance } from './switch-instance.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface StockWorld {
  readonly time: VirtualTime
  readonly random: Seeded
  readonly store: SimStore
  readonly oracle: Oracle
  readonly instance: SwitchInstance | undefined
}

export class StockKeeper {
  readonly #world: StockWorld
  #lastVoucher: number
  #lastBatch: number
  #held: readonly number[] = []
  /** Batches of each product. */
  readonly #batches = new Map<string, number[]>()

  constructor(world: StockWorld, stock: readonly SimVoucher[]) {
    this.#world = world
    this.#lastVoucher = stock.length
    for (const { batch, product } of stock) this.#noteBatch(batch, product)
    this.#lastBatch = stock.at(-1)?.batch ?? 0
  }

  /** Another store: what was on hold is put on hold again. */
  restored(): void {
    const { store } = this.#world
    for (const batch of store.batches()) store.setHeld(batch, this.#held.includes(batch))
  }

  productOf(batch: number): string {
    for (const [product, batches] of this.#batches) if (batches.includes(batch)) return product
    return ''
  }

  restock(): void {
    for (const { id } of PRODUCTS) this.refill(id, this.#world.random.between(2, 12))
  }

  refill(product: string, count: number): void {
    if (product === '093299') return
    const { store, oracle, instance } = this.#world
    this.#lastBatch++
    const firstId = this.#lastVoucher + 1
    const vouchers = batchOf({ batch: this.#lastBatch, product, count, firstId })
    this.#lastVoucher += count
    store.addBatch(vouchers)
    this.#noteBatch(this.#lastBatch, product)
    oracle.imported(vouchers)
    if (instance?.selling) instance.assembly.book.inventory.stockChanged(this.#lastBatch)
  }

  #noteBatch(batch: number, product: string): void {
    const batches = this.#batches.get(product) ?? []
    if (!batches.includes(batch)) this.#batches.set(product, [...batches, batch])
  }

  holdOne(): void {
    this.#hold([this.#world.random.between(1, this.#lastBatch)])
  }

  holdAll(product: string): void {
    this.#hold(this.#batches.get(product) ?? [])
  }

  /** Holds batches for a while; what was reserved from them before goes on. */
  #hold(batches: readonly number[]): void {
    const { instance, oracle, store, time, random } = this.#world
    if (this.#held.length > 0 || instance?.selling !== true) return
    this.#held = batches
    oracle.troubles.hold()
    for (const batch of batches) {
      instance.assembly.book.inventory.hold(batch)
      store.setHeld(batch, true)
      oracle.held(batch)
    }
    time.after(random.between(1_000, 60_000), () => this.release())
  }

  release(): void {
    const { oracle, store, instance } = this.#world
    for (const batch of this.#held) {
      store.setHeld(batch, false)
      oracle.released(batch)
      if (instance?.selling) instance.assembly.book.inventory.stockChanged(batch)
    }
    this.#held = []
  }
}
