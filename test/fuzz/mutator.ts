// Makes the next input out of known ones: flips, interesting bytes, digits and pad nibbles, lengths
// that are off by one, cuts, doubles, splices and words of the format. Works in one buffer that is
// used again for the next input, so whoever keeps an input copies it. Knows no format.

import type { Dice } from './dice.ts'
import type { Seed } from './target.ts'

const INTERESTING = Buffer.from(
  '00010f1020222c2d2f3031393a3d3f40414658595a5c5d607b7d7e7f80899099' +
    '1a9fa0bfc0c2d0dde0edf0f4feff0a0d',
  'hex',
)
const OPERATIONS = 14

export class Mutator {
  readonly #dice: Dice
  readonly #most: number
  readonly #words: readonly Buffer[]
  readonly #scratch: Buffer
  readonly #spare: Buffer
  #length = 0

  constructor(dice: Dice, mostBytes: number, words: readonly string[] = []) {
    this.#dice = dice
    this.#most = mostBytes
    this.#words = words.map((word) => Buffer.from(word))
    this.#scratch = Buffer.alloc(mostBytes)
    this.#spare = Buffer.alloc(mostBytes)
  }

  /** One to four changes to one of `known`; seldom none at all, and seldom pure noise. */
  next(known: readonly Seed[]): Buffer {
    const dice = this.#dice
    const bits = dice.bits()
    if ((bits & 0xff) === 0) return this.#noise()
    const base = dice.pick(known)
    this.#length = Math.min(base.bytes.length, this.#most)
    this.#scratch.set(
      base.bytes.length > this.#most ? base.bytes.subarray(0, this.#most) : base.bytes,
    )
    const changes = (bits & 0xff00) === 0 ? 0 : 1 + ((bits >>> 16) & 3 & (bits >>> 18))
    for (let i = 0; i < changes; i++) this.#change(base, known)
    return this.#scratch.subarray(0, this.#length)
  }

  #noise(): Buffer {
    const dice = this.#dice
    this.#length = dice.below(Math.min(this.#most, 256))
    for (let i = 0; i < this.#length; i++) this.#scratch[i] = dice.bits()
    return this.#scratch.subarray(0, this.#length)
  }

  #change(base: Seed, known: readonly Seed[]): void {
    const dice = this.#dice
    const bytes = this.#scratch
    const at = dice.below(this.#length)
    switch (this.#length === 0 ? 6 : dice.below(OPERATIONS)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8))
        return
      case 1:
        bytes[at] = INTERESTING[dice.below(INTERESTING.length)] ?? 0
        return
      case 2:
        bytes[at] = dice.bits()
        return
      case 3:
        this.#length = dice.once(2) ? at : this.#markOf(base)
        return
      case 4:
        return this.#remove(at, 1 + dice.below(dice.once(4) ? this.#length - at : 4))
      case 5:
        return this.#double(at, 1 + dice.below(dice.once(4) ? this.#length - at : 8))
      case 6:
        return this.#insertNoise(at)
      case 7:
        return this.#splice(at, dice.pick(known).bytes)
      case 8:
        return this.#nibble(at)
      case 9:
        bytes[at] = 0x30 + dice.below(10)
        return
      case 10:
        return this.#step(this.#markOf(base))
      case 11:
        return this.#step(at)
      case 12:
        return this.#word(at)
      default:
        bytes[this.#markOf(base)] = INTERESTING[dice.below(INTERESTING.length)] ?? 0
    }
  }

  #markOf(base: Seed): number {
    const { marks } = base
    const mark = marks === undefined ? undefined : marks[this.#dice.below(marks.length)]
    return mark === undefined || mark >= this.#length ? this.#dice.below(this.#length) : mark
  }

  /** One more or one less, as bytes or as digits do it. */
  #step(at: number): void {
    this.#scratch[at] = (this.#scratch[at] ?? 0) + (this.#dice.once(2) ? 1 : -1)
  }

  #nibble(at: number): void {
    const byte = this.#scratch[at] ?? 0
    const nibble = this.#dice.below(16)
    this.#scratch[at] = this.#dice.once(2) ? (byte & 0xf0) | nibble : (byte & 0x0f) | (nibble << 4)
  }

  #remove(at: number, count: number): void {
    this.#scratch.copyWithin(at, at + count, this.#length)
    this.#length = Math.max(at, this.#length - count)
  }

  #double(at: number, count: number): void {
    const size = Math.min(count, this.#length - at, this.#most - this.#length)
    this.#scratch.copyWithin(at + size, at, this.#length)
    this.#length += size
  }

  #insertNoise(at: number): void {
    const size = Math.min(1 + this.#dice.below(8), this.#most - this.#length)
    this.#scratch.copyWithin(at + size, at, this.#length)
    for (let i = at; i < at + size; i++) this.#scratch[i] = this.#dice.bits()
    this.#length += size
  }

  /** The front of this one and the end of another. */
  #splice(at: number, other: Buffer): void {
    const from = this.#dice.once(2) ? Math.min(at, other.length) : this.#dice.below(other.length)
    const size = Math.min(other.length - from, this.#most - at)
    other.copy(this.#scratch, at, from, from + size)
    this.#length = at + size
  }

  /** Puts a word in, or over what stands there. */
  #word(at: number): void {
    if (this.#words.length === 0) return this.#nibble(at)
    const word = this.#dice.pick(this.#words)
    const end = this.#dice.once(2) ? at : Math.min(this.#length, at + word.length)
    const tail = this.#scratch.copy(this.#spare, 0, end, this.#length)
    const size = Math.min(word.length, this.#most - at)
    word.copy(this.#scratch, at, 0, size)
    const kept = Math.min(tail, this.#most - at - size)
    this.#spare.copy(this.#scratch, at + size, 0, kept)
    this.#length = at + size + kept
  }
}
