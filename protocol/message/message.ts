// A decoded message: the frame's bytes and where in them each field lies. A field becomes a string
// when it is asked for, and only then. The bytes must not change while the message is in use.
// A message holds secrets; `describe.ts` is the only way it becomes text.

import { readValue } from './form.ts'
import type { Rows } from './row.ts'

export interface FieldReader {
  has(de: number): boolean
  /** As padded on the wire; binary fields in upper-case hex, track 2 with `=`. */
  get(de: number): string | undefined
}

export interface Message extends FieldReader {
  readonly kind: 'message'
  readonly mti: string
  /** The fields present, ascending. */
  numbers(): number[]
  /** The whole message, MTI first. */
  readonly bytes: Uint8Array
  /** Where the value of the MAC begins, or -1 when the last field is not a MAC. */
  readonly macOffset: number
}

/**
 * The fields of one frame. A class, though a frame does not change: one is made for each message,
 * so its methods must not be made anew, and private members stay out of `util.inspect` and JSON.
 */
export class WireMessage implements Message {
  readonly kind = 'message'
  readonly mti: string
  readonly #rows: Rows
  readonly #wire: Buffer
  /** The n-th announced field lies at the n-th offset and has the n-th count. */
  readonly #announced: readonly number[]
  /** One for each field read so far, which may be fewer than were announced. */
  readonly #offsets: number[] = []
  readonly #counts: number[] = []

  constructor(rows: Rows, wire: Buffer, mti: string, announced: readonly number[]) {
    this.mti = mti
    this.#rows = rows
    this.#wire = wire
    this.#announced = announced
  }

  /** Notes where the next announced field lies. */
  add(offset: number, count: number): void {
    this.#offsets.push(offset)
    this.#counts.push(count)
  }

  get bytes(): Uint8Array {
    return this.#wire
  }

  get macOffset(): number {
    const last = this.#announced.length - 1
    const row = this.#rows[this.#announced[last] ?? 0]
    return row?.mac === true ? (this.#offsets[last] ?? -1) : -1
  }

  numbers(): number[] {
    return this.#announced.slice(0, this.#offsets.length)
  }

  has(de: number): boolean {
    const place = this.#announced.indexOf(de)
    return place >= 0 && place < this.#offsets.length
  }

  get(de: number): string | undefined {
    const place = this.#announced.indexOf(de)
    const row = this.#rows[de]
    if (place < 0 || place >= this.#offsets.length || row === undefined) return undefined
    return readValue(row.form, this.#wire, this.#offsets[place] ?? 0, this.#counts[place] ?? 0)
  }
}
