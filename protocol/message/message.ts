// A decoded message: the frame's bytes and an index of its fields. A field becomes a string when it
// is asked for, and only then. The bytes must not change while the message is in use.
// A message holds secrets; `describe.ts` is the only way it becomes text.

import { type FieldIndex, isIn, lastIn, numbersIn, startOf } from './field-index.ts'
import { readValue } from './form.ts'
import { countAt, type Rows } from './row.ts'
import { latin1 } from './text.ts'

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
  /** Of the fields that were read, which may be fewer than were announced. */
  readonly #index: FieldIndex

  constructor(rows: Rows, wire: Buffer, mti: string, index: FieldIndex) {
    this.mti = mti
    this.#rows = rows
    this.#wire = wire
    this.#index = index
  }

  get bytes(): Uint8Array {
    return this.#wire
  }

  get macOffset(): number {
    const last = lastIn(this.#index)
    const row = this.#rows[last]
    if (row?.mac !== true) return -1
    return startOf(this.#index, this.#rows, this.#wire, last) + row.lengthBytes
  }

  numbers(): number[] {
    return numbersIn(this.#index)
  }

  has(de: number): boolean {
    return this.#rows[de] !== undefined && isIn(this.#index, de)
  }

  get(de: number): string | undefined {
    const row = this.#rows[de]
    if (row === undefined) return undefined
    const wire = this.#wire
    const at = startOf(this.#index, this.#rows, wire, de)
    if (at < 0) return undefined
    if (row.plainBytes > 0) return latin1(wire, at, row.plainBytes)
    const count = countAt(row, wire, at)
    if (row.plain) return latin1(wire, at + row.lengthBytes, count)
    return readValue(row.form, wire, at + row.lengthBytes, count)
  }
}
