// The fields of a message that is to be written: which ones as the bits of a bitmap, and their
// values in the order of the wire. An object of fields by number does as well where nobody counts
// microseconds, but to list its keys takes longer than to write its fields. What fits the fields is
// not known here; a number that no bitmap has is kept for the encoder to refuse.

import { countBefore, isIn, numbersIn } from './field-index.ts'

/** By number of the data element. */
export type Fields = { [de: number]: string }

/** What is encoded. */
export type GivenFields = Fields | FieldList

/** Of a bitmap. */
const MOST = 128
const HIGHEST = 1 << 31

export class FieldList {
  // The words of the bitmap. No array of them, which would have to be made for every message.
  #to32 = 0
  #to64 = 0
  #to96 = 0
  #to128 = 0
  readonly #values: string[] = []
  #last = 0
  #stranger: number | undefined = undefined

  static of(fields: Fields): FieldList {
    return new FieldList().putAll(fields)
  }

  /** Four words as in a field index, which are the caller's. */
  bitmap(): number[] {
    return [this.#to32, this.#to64, this.#to96, this.#to128]
  }

  /** Those of the bitmap, ascending. */
  get numbers(): readonly number[] {
    return numbersIn(this.bitmap())
  }

  /** The n-th value is that of the n-th number. */
  get values(): readonly string[] {
    return this.#values
  }

  /** The greatest number; 0 when there is none. */
  get last(): number {
    return this.#stranger === undefined ? this.#last : Math.max(this.#last, this.#stranger)
  }

  /** The first number given that no bitmap has. */
  get stranger(): number | undefined {
    return this.#stranger
  }

  /** In place of an earlier value; undefined puts nothing. Cheapest in ascending order. */
  put(de: number, value: string | undefined): void {
    if (value === undefined) return
    if (de > this.#last && de <= MOST && Number.isInteger(de)) {
      this.#announce(de)
      this.#values.push(value)
      this.#last = de
    } else {
      this.#putWithin(de, value)
    }
  }

  putAll(given: GivenFields): this {
    if (given instanceof FieldList) {
      const { numbers, values } = given
      for (let i = 0; i < numbers.length; i++) this.put(numbers[i] ?? 0, values[i])
      this.#stranger ??= given.#stranger
    } else {
      for (const de of Object.keys(given)) this.put(Number(de), given[Number(de)])
    }
    return this
  }

  #announce(de: number): void {
    const bit = HIGHEST >>> ((de - 1) & 31)
    if (de <= 32) this.#to32 |= bit
    else if (de <= 64) this.#to64 |= bit
    else if (de <= 96) this.#to96 |= bit
    else this.#to128 |= bit
  }

  #putWithin(de: number, value: string): void {
    if (!Number.isInteger(de) || de < 1 || de > MOST) {
      this.#stranger ??= de
      return
    }
    const bitmap = this.bitmap()
    this.#values.splice(countBefore(bitmap, de), isIn(bitmap, de) ? 1 : 0, value)
    this.#announce(de)
  }
}
