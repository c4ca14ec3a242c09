// Lines that are due later, handed out in the order of their time; what is due at one moment stays
// in the order in which it was put. A binary heap.

interface Entry {
  readonly at: number
  readonly order: number
  readonly line: string
}

export class Agenda {
  readonly #heap: Entry[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  put(at: number, line: string): void {
    const heap = this.#heap
    const entry = { at, order: this.#order++, line }
    let place = heap.length
    heap.push(entry)
    while (place > 0) {
      const above = (place - 1) >> 1
      const other = heap[above]
      if (other === undefined || !isBefore(entry, other)) break
      heap[place] = other
      place = above
    }
    heap[place] = entry
  }

  /** The next line that is due before `endMs`. */
  take(endMs: number): string | undefined {
    const heap = this.#heap
    const [first] = heap
    if (first === undefined || first.at >= endMs) return undefined
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) this.#sink(last)
    return first.line
  }

  #sink(entry: Entry): void {
    const heap = this.#heap
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      let smaller = heap[below]
      const right = heap[below + 1]
      if (smaller === undefined) break
      if (right !== undefined && isBefore(right, smaller)) {
        below += 1
        smaller = right
      }
      if (!isBefore(smaller, entry)) break
      heap[place] = smaller
      place = below
    }
    heap[place] = entry
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}
