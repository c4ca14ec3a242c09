// The fields of a message that is to be written, in the order of the wire. An object of fields by
// number does as well where nobody counts microseconds, but to list its keys takes longer than to
// write its fields. Which fields there are, and what fits them, is not known here.

/** By number of the data element. */
export type Fields = { [de: number]: string }

/** What is encoded. */
export type GivenFields = Fields | FieldList

export class FieldList {
  readonly #numbers: number[] = []
  readonly #values: string[] = []
  #last = 0

  static of(fields: Fields): FieldList {
    return new FieldList().putAll(fields)
  }

  /** Ascending. */
  get numbers(): readonly number[] {
    return this.#numbers
  }

  /** The n-th value is that of the n-th number. */
  get values(): readonly string[] {
    return this.#values
  }

  /** The greatest number; 0 when there is none. */
  get last(): number {
    return this.#last
  }

  /** In place of an earlier value; undefined puts nothing. Cheapest in ascending order. */
  put(de: number, value: string | undefined): void {
    if (value === undefined) return
    if (de > this.#last || this.#last === 0) {
      this.#numbers.push(de)
      this.#values.push(value)
      this.#last = de
    } else {
      this.#putWithin(de, value)
    }
  }

  putAll(given: GivenFields): this {
    if (given instanceof FieldList) {
      for (let i = 0; i < given.numbers.length; i++) {
        this.put(given.numbers[i] ?? 0, given.values[i])
      }
    } else {
      for (const de of Object.keys(given)) this.put(Number(de), given[Number(de)])
    }
    return this
  }

  #putWithin(de: number, value: string): void {
    const [numbers, values] = [this.#numbers, this.#values]
    let at = numbers.length
    while (at > 0 && (numbers[at - 1] ?? 0) >= de) at--
    if (numbers[at] === de) {
      values[at] = value
      return
    }
    for (let i = numbers.length; i > at; i--) {
      numbers[i] = numbers[i - 1] ?? 0
      values[i] = values[i - 1] ?? ''
    }
    numbers[at] = de
    values[at] = value
  }
}
