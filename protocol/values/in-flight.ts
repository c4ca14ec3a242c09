// What is in flight: a value for each key, there for a moment and then taken out. A `Map` would do
// the same, and keep all of it alive. A Map makes itself a new table after every few removals, and
// V8 leaves in the old one a way to the new (for iterators that are half way). Once such a table
// has come into the old generation, dead as it is, it holds the next one there, that one the next,
// and each holds what was in flight in its time: every sale outlives its end until a full
// collection, and every small collection copies them all. Here nothing that was taken out leads
// anywhere.

interface Entry<Value> {
  readonly key: string
  value: Value
  /** The next one that falls into the same place. */
  next: Entry<Value> | undefined
}

const PLACES = 1_024

export class InFlight<Value> {
  #places: (Entry<Value> | undefined)[] = emptyPlaces(PLACES)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(key: string): boolean {
    return this.#find(key, this.#placeOf(key)) !== undefined
  }

  get(key: string): Value | undefined {
    return this.#find(key, this.#placeOf(key))?.value
  }

  set(key: string, value: Value): void {
    const place = this.#placeOf(key)
    const known = this.#find(key, place)
    if (known !== undefined) {
      known.value = value
      return
    }
    this.#places[place] = { key, value, next: this.#places[place] }
    this.#size++
    if (this.#size > this.#places.length) this.#grow()
  }

  /** Takes it out; undefined when it was not there. */
  take(key: string): Value | undefined {
    const place = this.#placeOf(key)
    let before: Entry<Value> | undefined
    let entry = this.#places[place]
    while (entry !== undefined && entry.key !== key) {
      before = entry
      entry = entry.next
    }
    if (entry === undefined) return undefined
    if (before === undefined) this.#places[place] = entry.next
    else before.next = entry.next
    entry.next = undefined
    this.#size--
    return entry.value
  }

  /** In no order. Whoever changes it meanwhile has to go through a copy. */
  *[Symbol.iterator](): IterableIterator<[string, Value]> {
    for (const first of this.#places) {
      for (let entry = first; entry !== undefined; entry = entry.next) {
        yield [entry.key, entry.value]
      }
    }
  }

  #find(key: string, place: number): Entry<Value> | undefined {
    let entry = this.#places[place]
    while (entry !== undefined && entry.key !== key) entry = entry.next
    return entry
  }

  /** The size of the table stays what the most at once has made it. */
  #grow(): void {
    const before = this.#places
    this.#places = emptyPlaces(before.length * 2)
    for (const first of before) {
      let entry = first
      while (entry !== undefined) {
        const { next } = entry
        const place = this.#placeOf(entry.key)
        entry.next = this.#places[place]
        this.#places[place] = entry
        entry = next
      }
    }
  }

  /** The low bits choose it, and all others of the hash have come into them. */
  #placeOf(key: string): number {
    let hash = 0
    for (let at = 0; at < key.length; at++) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0
    const spread = Math.imul(hash, 0x9e3779b1)
    return (spread ^ (spread >>> 15)) & (this.#places.length - 1)
  }
}

function emptyPlaces<Item>(count: number): (Item | undefined)[] {
  return new Array<Item | undefined>(count).fill(undefined)
}
