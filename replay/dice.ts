// Chance that can be thrown again: the same seed gives the same numbers on every machine. Not for
// keys. [sfc32 by Chris Doty-Humphrey, PractRand]

export class Dice {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#a = seed >>> 0
    this.#b = Math.trunc(seed / 2 ** 32) >>> 0
    this.#c = 0x9e3779b9
    // What is close together at first goes its own ways.
    for (let n = 0; n < 15; n++) this.#next()
  }

  /** From 0 to below 1. */
  share(): number {
    return this.#next() / 2 ** 32
  }

  /** From 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.share() * count)
  }

  happens(chance: number): boolean {
    return this.share() < chance
  }

  between(least: number, most: number): number {
    return Math.floor(least + this.share() * (most - least))
  }

  /** How often something happens that happens `mean` times on average. [Knuth, 3.4.1 F 3] */
  often(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.#normal()))
    const least = Math.exp(-mean)
    let count = 0
    for (let product = this.share(); product > least; product *= this.share()) count += 1
    return count
  }

  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.share()))
    return radius * Math.cos(2 * Math.PI * this.share())
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }
}
