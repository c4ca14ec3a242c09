// The card host of a small world: its ledger, which outlives every crash of the switch. It debits
// once for each 0200, reverses idempotently, and refuses a 0200 whose reversal came before it.

interface Entry {
  readonly sale: number
  reversed: boolean
}

export class HostBook {
  readonly entries = new Map<string, Entry>()
  readonly #declined = new Set<string>()
  /** Reversals that came before their 0200. */
  readonly #early = new Set<string>()

  /** DE 39 of the 0210. */
  debit(trace: string, sale: number, declines: boolean): string {
    if (this.entries.has(trace)) return '00'
    if (this.#early.has(trace) || this.#declined.has(trace)) return '05'
    if (declines) {
      this.#declined.add(trace)
      return '51'
    }
    this.entries.set(trace, { sale, reversed: false })
    return '00'
  }

  /** DE 39 of the 0430. */
  reverse(trace: string): string {
    const entry = this.entries.get(trace)
    if (entry === undefined) {
      this.#early.add(trace)
      return '25'
    }
    entry.reversed = true
    return '00'
  }

  /** Debits that stand, by identity. */
  net(): Map<number, number> {
    const net = new Map<number, number>()
    for (const { sale, reversed } of this.entries.values()) {
      if (!reversed) net.set(sale, (net.get(sale) ?? 0) + 1)
    }
    return net
  }

  copy(): HostBook {
    const copy = new HostBook()
    for (const [trace, entry] of this.entries) copy.entries.set(trace, { ...entry })
    for (const trace of this.#declined) copy.#declined.add(trace)
    for (const trace of this.#early) copy.#early.add(trace)
    return copy
  }

  /** `name` gives a trace that does not depend on how many numbers were used up before it. */
  memory(name: (trace: string) => string): string {
    const debits = [...this.entries].map(([trace, { reversed }]) => `${name(trace)}${+reversed}`)
    const others = [...this.#declined].map((trace) => `d${name(trace)}`)
    const early = [...this.#early].map((trace) => `e${name(trace)}`)
    return [...debits, ...others, ...early].sort().join()
  }
}
