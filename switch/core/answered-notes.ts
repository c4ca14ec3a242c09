// Which sales' 0210s went out completely. Written in arrears, many in one record: nothing waits for
// it, and a crash loses at most the last second, in the terminal's favour (a sale that was not
// answered does not count towards the limit of reversals).

import { InFlight } from '../../protocol/values/in-flight.ts'
import type { Clock } from './clock.ts'
import type { Journal } from './journal.ts'

const FLUSH_MS = 1_000
const MOST_IDS = 1_000

export class AnsweredNotes {
  readonly #journal: Journal
  readonly #clock: Clock
  #waiting = new Set<number>()
  #writing = new Set<number>()
  /** Answers that were handed over and are neither out nor lost, by sale. */
  readonly #onTheirWay = new InFlight<number>()
  #running: Promise<void> = Promise.resolve()
  #scheduled = false

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal
    this.#clock = clock
  }

  /**
   * Its vouchers are handed to the gateway, and may be read before it is told that they went out:
   * the sale is an answered one until `note` says otherwise. Whoever begins ends it with `note`.
   */
  begin(saleId: number): void {
    const key = String(saleId)
    this.#onTheirWay.set(key, (this.#onTheirWay.get(key) ?? 0) + 1)
  }

  note(saleId: number, complete: boolean): void {
    this.#end(saleId)
    if (!complete) return
    this.#waiting.add(saleId)
    if (this.#waiting.size >= MOST_IDS) void this.#write()
    else this.#schedule()
  }

  /** On its way or noted, whether it is in the journal yet or not. */
  has(saleId: number): boolean {
    if (this.#waiting.has(saleId) || this.#writing.has(saleId)) return true
    return this.#onTheirWay.has(String(saleId))
  }

  /** Sales with an answer that is neither out nor lost. */
  get onTheirWay(): number {
    return this.#onTheirWay.size
  }

  /** All that was noted before is in the journal then, or was refused by it. */
  async flush(): Promise<void> {
    await this.#running
    await this.#write()
  }

  /** One record at a time; what comes meanwhile is in the next. */
  #write(): Promise<void> {
    const isIdle = this.#writing.size === 0
    if (isIdle && this.#waiting.size > 0) this.#running = this.#writeWaiting()
    return this.#running
  }

  async #writeWaiting(): Promise<void> {
    this.#writing = this.#waiting
    this.#waiting = new Set()
    const ids = [...this.#writing]
    const result = await this.#journal.write({ kind: 'answered', ids, atMs: this.#clock.wallMs() })
    this.#writing = new Set()
    // A disk that was full must not make a terminal's reversals free.
    if (result.kind !== 'written') for (const id of ids) this.#waiting.add(id)
    if (this.#waiting.size > 0) this.#schedule()
  }

  #end(saleId: number): void {
    const key = String(saleId)
    const others = (this.#onTheirWay.get(key) ?? 0) - 1
    if (others > 0) this.#onTheirWay.set(key, others)
    else this.#onTheirWay.take(key)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#clock.after(FLUSH_MS, () => {
      this.#scheduled = false
      void this.#write()
    })
  }
}
