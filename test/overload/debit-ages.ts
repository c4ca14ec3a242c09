// How old each sale is when the switch asks the card host to debit it, from when its terminal wrote
// the frame. A debit for a terminal that has given up helps nobody, and is counted.

export class DebitAges {
  readonly #deadlineMs: number
  readonly #nowMs: () => number
  readonly #writtenMs = new Map<string, number>()
  /** The oldest, in milliseconds. */
  most = 0
  expired = 0
  /** Debits of sales that nobody asked for. */
  unknown = 0

  constructor(deadlineMs: number, nowMs: () => number) {
    this.#deadlineMs = deadlineMs
    this.#nowMs = nowMs
  }

  written(name: string): void {
    this.#writtenMs.set(name, this.#nowMs())
  }

  asked(name: string): void {
    const writtenMs = this.#writtenMs.get(name)
    if (writtenMs === undefined) {
      this.unknown++
      return
    }
    const ageMs = this.#nowMs() - writtenMs
    this.most = Math.max(this.most, Math.round(ageMs))
    if (ageMs > this.#deadlineMs) this.expired++
  }
}
