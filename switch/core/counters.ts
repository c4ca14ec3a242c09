// Numbers that are never used twice: the RRN's eight digits, the STANs towards a card host, the ids
// of sales. A counter owns a block ahead of what it has given out; the block's end is durable
// before its first number is used, so a crash skips numbers and never repeats one.

import type { Rrn, Stan } from '../../protocol/values/identifiers.ts'
import { type Day, ordinalDay } from '../../protocol/values/moment.ts'
import type { Clock } from './clock.ts'
import type { Journal } from './journal.ts'

const RRN_NUMBERS = 100_000_000
const STAN_NUMBERS = 999_999
/** How soon a block is asked for again after the journal refused it. */
const RETRY_MS = 1_000

/** Counts upwards within leased blocks; asks for the next block when half of one is used. */
export class Counter {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #name: string
  readonly #block: number
  #next: number
  #high: number
  #asking = false

  /** `high`: all numbers up to and including this one may have been used before. */
  constructor(
    options: { name: string; block: number; journal: Journal; clock: Clock },
    high: number,
  ) {
    this.#journal = options.journal
    this.#clock = options.clock
    this.#name = options.name
    this.#block = options.block
    this.#next = high + 1
    this.#high = high
  }

  /** The next number; undefined while no block is owned, which refuses the caller with 96. */
  next(): number | undefined {
    this.#leaseWhenLow()
    if (this.#next > this.#high) return undefined
    return this.#next++
  }

  async lease(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const high = this.#high + this.#block
    const result = await this.#journal.write({
      kind: 'lease',
      counter: this.#name,
      high,
      atMs: this.#clock.wallMs(),
    })
    this.#asking = false
    if (result.kind === 'written') this.#high = high
    // Without a number nobody gets one by asking: the next sale would pay for a disk that was full.
    else this.#clock.after(RETRY_MS, () => this.#leaseWhenLow())
  }

  #leaseWhenLow(): void {
    if (this.#high - this.#next < this.#block / 2) void this.lease()
  }
}

/** RRNs: `yDDD` of the Tehran day and eight digits of a counter that goes on over the days. */
export class RrnSource {
  readonly #counter: Counter
  #day: Day = 0
  #firstOfDay = 0

  constructor(counter: Counter) {
    this.#counter = counter
  }

  /** Undefined when the day's numbers are used up or no block is owned: the caller answers 96. */
  next(today: Day): Rrn | undefined {
    const number = this.#counter.next()
    if (number === undefined) return undefined
    // A clock that jumps back keeps the later day, whose numbers go on.
    if (today > this.#day) {
      this.#day = today
      this.#firstOfDay = number
    }
    if (number - this.#firstOfDay >= RRN_NUMBERS) return undefined
    return (ordinalDay(this.#day) + String(number % RRN_NUMBERS).padStart(8, '0')) as Rrn
  }
}

/** STANs of one card host: they wrap, and skip those whose sale is still open. */
export class StanSource {
  readonly #counter: Counter
  readonly #open = new Set<string>()

  constructor(counter: Counter) {
    this.#counter = counter
  }

  next(): Stan | undefined {
    for (let tries = 0; tries <= this.#open.size; tries++) {
      const number = this.#counter.next()
      if (number === undefined) return undefined
      const stan = String(((number - 1) % STAN_NUMBERS) + 1).padStart(6, '0') as Stan
      if (this.#open.has(stan)) continue
      this.#open.add(stan)
      return stan
    }
    return undefined
  }

  /** A STAN of a sale from before the start that is still open. */
  reopen(stan: Stan): void {
    this.#open.add(stan)
  }

  close(stan: Stan): void {
    this.#open.delete(stan)
  }
}
