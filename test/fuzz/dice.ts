// Random numbers for millions of inputs: small fast counter (sfc32), 32 bits at a time. The same
// seed gives the same run. Not for secrets, and slower to be fair than `Seeded` of the simulation.

export class Dice {
  #a: number
  #b: number
  #c = 0
  #count = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.imul(seed, 0x9e3779b1) ^ 0x243f6a88
    for (let i = 0; i < 15; i++) this.bits()
  }

  /** 32 random bits as a whole number from 0. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** From 0 to below `most`. */
  below(most: number): number {
    return most <= 1 ? 0 : Math.floor((this.bits() / 4_294_967_296) * most)
  }

  /** True once in `odds` times. */
  once(odds: number): boolean {
    return this.below(odds) === 0
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }
}
