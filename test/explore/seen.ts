// The states that were met before, as 64-bit hashes in one flat table: eight bytes a state. Two
// states share a hash with a chance of about n²/2^65: three in a million at ten million states.

export class Seen {
  #high = new Uint32Array(1 << 16)
  #low = new Uint32Array(1 << 16)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** False when it was there already. */
  add(high: number, low: number): boolean {
    if (this.#size * 2 >= this.#high.length) this.#grow()
    // Zero marks an empty place.
    return this.#put(high >>> 0, low >>> 0 || 1)
  }

  #put(high: number, low: number): boolean {
    const mask = this.#high.length - 1
    let at = (high ^ Math.imul(low, 0x9e3779b1)) & mask
    while (this.#low[at] !== 0) {
      if (this.#low[at] === low && this.#high[at] === high) return false
      at = (at + 1) & mask
    }
    this.#high[at] = high
    this.#low[at] = low
    this.#size++
    return true
  }

  #grow(): void {
    const high = this.#high
    const low = this.#low
    this.#high = new Uint32Array(high.length * 2)
    this.#low = new Uint32Array(low.length * 2)
    this.#size = 0
    for (let at = 0; at < low.length; at++) {
      if (low[at] !== 0) this.#put(high[at] as number, low[at] as number)
    }
  }
}
