// What is in flight: a value for each key, there for a moment and then taken out. A `Map` would do
// the same, and keep all of it alive. A Map makes itself a new table after every few removals, and
// V8 leaves in the old one a way to the new (for iterators that are half way). Once such a table
// has come into the old generation, dead as it is, it holds the next one there, that one the next,
// and each holds what was in flight in its time: every sale outlives its end until a full
// collection, and every small collection copies them all. Here nothing that was taken out leads
// anywhere.

interface Entry<Key, Value> {
  readonly key: Key
  value: Value
  /** The next one that falls into the same place. */
  next: Entry<Key, Value> | undefined
}

const PLACES = 1_024

export class InFlight<Key extends string | number, Value> {
  #places: (Entry<Key, Value> | undefined)[] = emptyPlaces(PLACES)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(key: Key): boolean {
    return this.#find(key) !== undefined
  }

  get(key: Key): Value | undefined {
    return this.#find(key)?.value
  }

  set(key: Key, value: Value): void {
    const known = this.#find(key)
    if (known !== undefined) {
      known.value = value
      return
    }
    if (this.#size === this.#places.length) this.#grow()
    this.#size++
    this.#put({ key, value, next: undefined })
  }

  /** Takes it out; undefined when it was not there. */
  take(key: Key): Value | undefined {
    const place = this.#placeOf(key)
    let before: Entry<Key, Value> | undefined
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
  *[Symbol.iterator](): IterableIterator<[Key, Value]> {
    for (const first of this.#places) {
      for (let entry = first; entry !== undefined; entry = entry.next) {
        yield [entry.key, entry.value]
      }
    }
  }

  #find(key: Key): Entry<Key, Value> | undefined {
    let entry = this.#places[this.#placeOf(key)]
    while (entry !== undefined && entry.key !== key) entry = entry.next
    return entry
  }

  #put(entry: Entry<Key, Value>): void {
    const place = this.#placeOf(entry.key)
    entry.next = this.#places[place]
    this.#places[place] = entry
  }

  /** The size of the table stays what the most at once has made it. */
  #grow(): void {
    const entries = this.#places
    this.#places = emptyPlaces(entries.length * 2)
    for (const first of entries) {
      let entry = first
      while (entry !== undefined) {
        const { next } = entry
        this.#put(entry)
        entry = next
      }
    }
  }

  #placeOf(key: Key): number {
    return hashOf(key) & (this.#places.length - 1)
  }
}

function emptyPlaces<Item>(count: number): (Item | undefined)[] {
  return new Array<Item | undefined>(count).fill(undefined)
}

function hashOf(key: string | number): number {
  if (typeof key === 'number') return mixed(key)
  let hash = 0
  for (let at = 0; at < key.length; at++) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0
  return mixed(hash)
}

/** The low bits of the hash choose the place: all others come into them. */
function mixed(hash: number): number {
  const spread = Math.imul(hash, 0x9e3779b1)
  return spread ^ (spread >>> 15)
}
