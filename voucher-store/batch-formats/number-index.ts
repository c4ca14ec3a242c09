// Finds the line on which a serial or a PIN stood before. Exact, and compact enough for millions:
// up to 24 digits are kept as two numbers in open tables of typed arrays, some 40 bytes each,
// where a Map of strings would keep the text of the whole file alive. There are many small tables,
// because growing one large table would hold up the sales of the same process for 50 ms.

const TABLES = 64
const FIRST_CAPACITY = 64
const HALF_DIGITS = 12
const HALF = 10 ** HALF_DIGITS

/** With a table at most half full, only digits chosen to collide make a search this long. */
const PROBES_MAX = 4096

export class NumberIndex {
  readonly #tables = Array.from({ length: TABLES }, () => new NumberTable())

  /**
   * Keeps the digits (at most 24) of an owner (0 to 9999) with their line. Gives 0 when they are
   * new, the line of the first when they are not, -1 when no place was found in reasonable time.
   */
  put(owner: number, digits: string, line: number): number {
    const middle = Math.max(0, digits.length - HALF_DIGITS)
    // Length and owner ride on the halves, so that 0123 is not 123 and owners do not meet. Both
    // halves stay below 2^53, where every whole number is exact.
    const front =
      numberOf(digits, 0, middle) + (Math.floor(owner / 100) * 32 + digits.length) * HALF
    const back = numberOf(digits, middle, digits.length) + (owner % 100) * HALF
    const mixed = hash(front, back)
    return this.#tables[mixed >>> 26]?.put(front, back, mixed, line) ?? -1
  }
}

class NumberTable {
  #front = new Float64Array(FIRST_CAPACITY)
  #back = new Float64Array(FIRST_CAPACITY)
  #lines = new Uint32Array(FIRST_CAPACITY)
  #count = 0

  put(front: number, back: number, mixed: number, line: number): number {
    if (this.#count * 2 >= this.#lines.length) this.#grow()
    const slot = this.#find(front, back, mixed, PROBES_MAX)
    if (slot < 0) return -1
    const before = this.#lines[slot] ?? 0
    if (before !== 0) return before
    this.#fill(slot, front, back, line)
    this.#count++
    return 0
  }

  /** The slot that holds the number, or the free one where it belongs. */
  #find(front: number, back: number, mixed: number, probesMax: number): number {
    const mask = this.#lines.length - 1
    let slot = mixed & mask
    for (let probes = 0; probes < probesMax; probes++) {
      if (this.#lines[slot] === 0) return slot
      if (this.#back[slot] === back && this.#front[slot] === front) return slot
      slot = (slot + 1) & mask
    }
    return -1
  }

  #fill(slot: number, front: number, back: number, line: number): void {
    this.#front[slot] = front
    this.#back[slot] = back
    this.#lines[slot] = line
  }

  #grow(): void {
    const [fronts, backs, lines] = [this.#front, this.#back, this.#lines]
    const capacity = lines.length * 2
    this.#front = new Float64Array(capacity)
    this.#back = new Float64Array(capacity)
    this.#lines = new Uint32Array(capacity)
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] ?? 0
      const front = fronts[i] ?? 0
      const back = backs[i] ?? 0
      if (line === 0) continue
      this.#fill(this.#find(front, back, hash(front, back), capacity), front, back, line)
    }
  }
}

function numberOf(digits: string, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) value = value * 10 + digits.charCodeAt(i) - 48
  return value
}

/** Mixes all bits of both numbers (the last steps of MurmurHash3). */
function hash(front: number, back: number): number {
  let h = Math.imul(front | 0, 0x9e3779b1) ^ Math.imul((front / 4_294_967_296) | 0, 0x85ebca77)
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae3d) ^ (back | 0)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) ^ ((back / 4_294_967_296) | 0)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
