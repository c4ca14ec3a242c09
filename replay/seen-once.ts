// Who first showed a text: for serials and RRNs of a whole day, which as strings would fill the
// memory. Kept are 64 bits of a hash and the number of its owner, 12 bytes a text and room to
// grow; that two of ten million texts are taken for one happens once in 300,000 such days.

const FIRST_PLACES = 1 << 12
const FULLEST = 0.7

export class SeenOnce {
  #low = new Uint32Array(FIRST_PLACES)
  #high = new Uint32Array(FIRST_PLACES)
  /** 0: the place is free. */
  #owner = new Uint32Array(FIRST_PLACES)
  #count = 0

  get size(): number {
    return this.#count
  }

  /** The owner who showed it before, or this one. Owners are numbers from 1. */
  ownerOf(text: string, owner: number): number {
    if (this.#count > this.#owner.length * FULLEST) this.#grow()
    const [low, high] = hashOf(text)
    const place = this.#placeOf(low, high)
    const known = this.#owner[place] ?? 0
    if (known !== 0) return known
    this.#low[place] = low
    this.#high[place] = high
    this.#owner[place] = owner
    this.#count += 1
    return owner
  }

  #placeOf(low: number, high: number): number {
    const mask = this.#owner.length - 1
    let place = low & mask
    while (this.#owner[place] !== 0 && (this.#low[place] !== low || this.#high[place] !== high)) {
      place = (place + 1) & mask
    }
    return place
  }

  #grow(): void {
    const [low, high, owner] = [this.#low, this.#high, this.#owner]
    const places = owner.length * 2
    this.#low = new Uint32Array(places)
    this.#high = new Uint32Array(places)
    this.#owner = new Uint32Array(places)
    for (let from = 0; from < owner.length; from++) {
      if (owner[from] === 0) continue
      const place = this.#placeOf(low[from] ?? 0, high[from] ?? 0)
      this.#low[place] = low[from] ?? 0
      this.#high[place] = high[from] ?? 0
      this.#owner[place] = owner[from] ?? 0
    }
  }
}

/** Two hashes with different multipliers, mixed at the end. [cyrb53 by bryc, in 64 bits] */
function hashOf(text: string): [number, number] {
  let one = 0xdeadbeef
  let other = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    one = Math.imul(one ^ code, 2_654_435_761)
    other = Math.imul(other ^ code, 1_597_334_677)
  }
  one =
    Math.imul(one ^ (one >>> 16), 2_246_822_507) ^ Math.imul(other ^ (other >>> 13), 3_266_489_909)
  other =
    Math.imul(other ^ (other >>> 16), 2_246_822_507) ^ Math.imul(one ^ (one >>> 13), 3_266_489_909)
  return [one >>> 0, other >>> 0]
}
