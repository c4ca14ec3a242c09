// Which sales' 0210s went out completely. Written in arrears, many in one record: nothing waits for
// it, and a crash loses at most the last second, in the terminal's favour (a sale that was not
// answered does not count towards the limit of reversals).

import type { Clock } from './clock.ts'
import type { Journal } from './journal.ts'

const FLUSH_MS = 1_000
const MOST_IDS = 1_000

export class AnsweredNotes {
  readonly #journal: Journal
  readonly #clock: Clock
  #waiting = new Set<number>()
  #writing = new Set<number>()
  #scheduled = false

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal
    this.#clock = clock
  }

  note(saleId: number, complete: boolean): void {
    if (!complete) return
    this.#waiting.add(saleId)
    if (this.#waiting.size >= MOST_IDS) void this.flush()
    else this.#schedule()
  }

  /** Noted, whether it is in the journal yet or not. */
  has(saleId: number): boolean {
    return this.#waiting.has(saleId) || this.#writing.has(saleId)
  }

  async flush(): Promise<void> {
    if (this.#waiting.size === 0 || this.#writing.size > 0) return
    this.#writing = this.#waiting
    this.#waiting = new Set()
    const ids = [...this.#writing]
    const result = await this.#journal.write({ kind: 'answered', ids, atMs: this.#clock.wallMs() })
    this.#writing = new Set()
    // A disk that was full must not make a terminal's reversals free.
    if (result.kind !== 'written') for (const id of ids) this.#waiting.add(id)
    if (this.#waiting.size > 0) this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#clock.after(FLUSH_MS, () => {
      this.#scheduled = false
      void this.flush()
    })
  }
}
