// The troubles that were injected, as explanations: an answer that is only right when something
// went wrong needs something that went wrong, not long before.

const LINGERS_MS = 120_000

export class Troubles {
  readonly #time: { monotonicMs(): number }
  #storeMs = Number.NEGATIVE_INFINITY
  #hostMs = Number.NEGATIVE_INFINITY
  #crashMs = Number.NEGATIVE_INFINITY
  #stallMs = Number.NEGATIVE_INFINITY
  #holdMs = Number.NEGATIVE_INFINITY
  #clockWasSet = false
  #isFenced = false
  #linesWereCut = false

  constructor(time: { monotonicMs(): number }) {
    this.#time = time
  }

  store(forMs: number): void {
    this.#storeMs = Math.max(this.#storeMs, this.#time.monotonicMs() + forMs)
  }

  /** A restored copy waits for its acceptance. */
  fence(): void {
    this.#isFenced = true
  }

  get isFenced(): boolean {
    return this.#isFenced
  }

  fenceAccepted(): void {
    this.#isFenced = false
    this.store(0)
  }

  host(forMs = 0): void {
    this.#hostMs = Math.max(this.#hostMs, this.#time.monotonicMs() + forMs)
  }

  /** Batches went off sale. */
  hold(): void {
    this.#holdMs = this.#time.monotonicMs()
  }

  /** While a request was worked on: its vouchers may have been taken from it. [rule 16] */
  ofHold(sinceMs: number): boolean {
    return this.#holdMs >= sinceMs
  }

  /** A line was cut: whether an answer went out completely is not known. */
  cut(): void {
    this.#linesWereCut = true
  }

  ofAnswers(): boolean {
    return this.#linesWereCut || this.#clockWasSet
  }

  crash(): void {
    this.#linesWereCut = true
    this.#crashMs = this.#time.monotonicMs()
  }

  stall(ms: number): void {
    this.#stallMs = this.#time.monotonicMs() + ms
  }

  /** Somebody set the calendar: ages that are told by it may be wrong from then on. */
  clock(): void {
    this.#clockWasSet = true
  }

  ofClock(): boolean {
    return this.#clockWasSet
  }

  /** The store refused, stood or was cut off since then, or a moment before. */
  ofStore(sinceMs: number): boolean {
    return this.#isFenced || this.#storeMs >= sinceMs - LINGERS_MS || this.ofProcess(sinceMs)
  }

  /** The store took everything since then, as far as it was asked. */
  diskWasWell(sinceMs: number): boolean {
    return this.#storeMs < sinceMs
  }

  ofProcess(sinceMs: number): boolean {
    return Math.max(this.#crashMs, this.#stallMs) >= sinceMs - LINGERS_MS
  }

  ofHost(sinceMs: number): boolean {
    return this.#hostMs >= sinceMs - LINGERS_MS || this.ofProcess(sinceMs)
  }
}
