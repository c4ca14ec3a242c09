// The terminals of a made-up day: what has to be remembered of each, in a few bytes, and who sells
// next. Some sell far more than others, and which ones is spread over the numbers, so that any
// part of the fleet looks like the whole.

import { PERMANENT_SHARE } from './day-shape.ts'
import type { Dice } from './dice.ts'

/** One in so many; see KIOSK_SHARE. */
const KIOSK_EACH = 25
/** 1: all sell alike. */
const UNEVEN = 1.7

export class Fleet {
  readonly size: number
  readonly #step: number
  readonly #sales: Uint32Array
  readonly #busyUntil: Float64Array
  readonly #isBegun: Uint8Array

  constructor(size: number) {
    this.size = size
    this.#step = stepFor(size)
    this.#sales = new Uint32Array(size)
    this.#busyUntil = new Float64Array(size)
    this.#isBegun = new Uint8Array(size)
  }

  /** Each terminal once, in a mixed order. */
  mixed(place: number): number {
    return (place * this.#step) % this.size
  }

  someShop(dice: Dice): number {
    for (;;) {
      const terminal = this.mixed(Math.floor(dice.share() ** UNEVEN * this.size))
      if (!this.isKiosk(terminal) || this.size === 1) return terminal
    }
  }

  someKiosk(dice: Dice): number {
    return KIOSK_EACH * dice.below(Math.ceil(this.size / KIOSK_EACH))
  }

  isKiosk(terminal: number): boolean {
    return terminal % KIOSK_EACH === 0
  }

  isPermanent(terminal: number): boolean {
    return ((terminal * 7_919) % 1_000) / 1_000 < PERMANENT_SHARE
  }

  isFree(terminal: number, at: number): boolean {
    return (this.#busyUntil[terminal] ?? 0) <= at
  }

  freeFrom(terminal: number): number {
    return this.#busyUntil[terminal] ?? 0
  }

  keepBusy(terminal: number, until: number): void {
    this.#busyUntil[terminal] = until
  }

  hasSold(terminal: number): boolean {
    return (this.#sales[terminal] ?? 0) > 0
  }

  /** The number of its next sale. */
  nextSale(terminal: number): number {
    const number = (this.#sales[terminal] ?? 0) + 1
    this.#sales[terminal] = number
    return number
  }

  isBegun(terminal: number): boolean {
    return this.#isBegun[terminal] === 1
  }

  /** It has logged on for the day, or its day is over. */
  begun(terminal: number, isBegun: boolean): void {
    this.#isBegun[terminal] = isBegun ? 1 : 0
  }
}

/** Near the golden section, and without a factor that `size` has: so no terminal is left out. */
function stepFor(size: number): number {
  let step = Math.max(1, Math.round(size * 0.618))
  while (commonFactor(step, size) !== 1) step += 1
  return step
}

function commonFactor(one: number, other: number): number {
  return other === 0 ? one : commonFactor(other, one % other)
}
