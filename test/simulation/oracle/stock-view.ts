// Who was shown which PIN. A PIN belongs to one identity for ever; it is of the product that was
// ordered, comes with its own serial, and is not out of a batch that was on hold.

import { isUnsaleable, type SimVoucher } from '../shop.ts'

export class StockView {
  readonly #byDigits = new Map<string, SimVoucher>()
  readonly #owners = new Map<string, string>()
  /** Batches on hold, and since when. */
  readonly #heldSince = new Map<number, number>()
  /** Batches held back by a restore, and since when. */
  readonly #fencedSince = new Map<number, number>()
  /** Batches on their way back: nobody knows yet whether they are there. */
  readonly #returning = new Set<number>()
  readonly #clock: { monotonicMs(): number }
  #changedMs = Number.NEGATIVE_INFINITY

  constructor(clock: { monotonicMs(): number }, stock: readonly SimVoucher[]) {
    this.#clock = clock
    this.imported(stock)
  }

  imported(vouchers: readonly SimVoucher[]): void {
    for (const voucher of vouchers) this.#byDigits.set(voucher.digits, voucher)
    this.#changedMs = this.#clock.monotonicMs()
  }

  /** When vouchers last came into stock, by an import or a release. */
  get changedMs(): number {
    return this.#changedMs
  }

  held(batch: number): void {
    this.#heldSince.set(batch, this.#clock.monotonicMs())
  }

  released(batch: number): void {
    this.#heldSince.delete(batch)
    this.#changedMs = this.#clock.monotonicMs()
  }

  /** After a restore: all that was ever imported. */
  fenced(): void {
    this.#returning.clear()
    for (const { batch } of this.#byDigits.values()) {
      this.#fencedSince.set(batch, this.#clock.monotonicMs())
    }
  }

  returning(batch: number): void {
    this.#fencedSince.delete(batch)
    this.#returning.add(batch)
  }

  returned(batch: number): void {
    this.#returning.delete(batch)
    this.#changedMs = this.#clock.monotonicMs()
  }

  /** A restore holds it back, or may do so. */
  isFenced({ batch }: SimVoucher): boolean {
    return this.#fencedSince.has(batch) || this.#returning.has(batch)
  }

  /** Vouchers that nobody was ever shown. */
  hidden(): SimVoucher[] {
    return [...this.#byDigits.values()].filter(({ digits }) => !this.#owners.has(digits))
  }

  /** Vouchers of a product that were never shown and are neither on hold nor unsaleable. */
  forSale(product: string): number {
    let count = 0
    for (const voucher of this.#byDigits.values()) {
      if (voucher.product !== product || this.#owners.has(voucher.digits)) continue
      const isHeld = this.#heldSince.has(voucher.batch) || this.isFenced(voucher)
      if (!isUnsaleable(voucher) && !isHeld) count++
    }
    return count
  }

  /** What is wrong with showing these; `askedMs` is when the sale was first asked for. */
  shown(
    identity: string,
    vouchers: readonly string[],
    order: { product: string; day: number; askedMs: number },
  ): string[] {
    const wrong: string[] = []
    for (const [index, shown] of vouchers.entries()) {
      const [serial = '', digits = ''] = shown.split(' ')
      const place = `voucher ${index + 1}`
      const voucher = this.#byDigits.get(digits)
      if (voucher === undefined) {
        wrong.push(`${place} has a PIN that was never imported`)
        continue
      }
      if (voucher.serial !== serial) wrong.push(`${place} has the PIN of another serial`)
      if (voucher.product !== order.product) wrong.push(`${place} is of ${voucher.product}`)
      if (voucher.expires < order.day) wrong.push(`${place} has expired`)
      const owner = this.#owners.get(digits)
      if (owner === undefined) {
        const heldMs = this.#heldSince.get(voucher.batch)
        if (heldMs !== undefined && heldMs < order.askedMs) wrong.push(`${place} is on hold`)
        const fencedMs = this.#fencedSince.get(voucher.batch)
        if (fencedMs !== undefined && fencedMs <= order.askedMs) wrong.push(`${place} is fenced`)
        this.#owners.set(digits, identity)
      } else if (owner !== identity) {
        wrong.push(`${place} (serial ${serial}) was shown to ${owner} before`)
      }
    }
    return wrong
  }
}
