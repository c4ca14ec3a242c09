// Numbers that are never used twice: the RRN's eight digits, the STANs towards a card host, the ids
// of sales. A counter owns a block ahead of what it has given out; the block's end is durable
// before its first number is used, so a crash skips numbers and never repeats one.
//
// A crash knows where to go on, a backup does not: what the store used after it was made is in no
// copy. So RRNs follow the clock. A block begins at the millisecond in which it is leased, or after
// the last block where that is later, and whichever copy is restored whenever, its numbers begin
// after all that were used before that moment, as long as clocks go on and no life needs more than
// a thousand a second.

import type { Rrn, Stan } from '../../protocol/values/identifiers.ts'
import { type Day, ordinalDay, tehranTime } from '../../protocol/values/moment.ts'
import type { Clock } from './clock.ts'
import type { Journal } from './journal.ts'

const RRN_NUMBERS = 100_000_000
const STAN_NUMBERS = 999_999
/** How soon a block is asked for again after the journal refused it. */
const RETRY_MS = 1_000

export interface CounterOptions {
  readonly name: string
  readonly block: number
  readonly journal: Journal
  readonly clock: Clock
  /** No number of a block is below the Unix milliseconds at which it was leased. */
  readonly followsClock?: boolean
}

/** Counts upwards within leased blocks; asks for the next block when half of one is used. */
export class Counter {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #name: string
  readonly #block: number
  readonly #followsClock: boolean
  #next: number
  #high: number
  #leasedMs = 0
  #asking = false

  /** `high`: all numbers up to and including this one may have been used before. */
  constructor(options: CounterOptions, high: number) {
    this.#journal = options.journal
    this.#clock = options.clock
    this.#name = options.name
    this.#block = options.block
    this.#followsClock = options.followsClock ?? false
    this.#next = high + 1
    this.#high = high
  }

  /** The next number; undefined while no block is owned, which refuses the caller with 96. */
  next(): number | undefined {
    this.#leaseWhenLow()
    if (this.#next > this.#high) return undefined
    return this.#next++
  }

  /** Of the newest block that is its own, by the calendar. */
  get leasedMs(): number {
    return this.#leasedMs
  }

  async lease(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const atMs = this.#clock.wallMs()
    const after = this.#followsClock ? Math.max(this.#high, atMs) : this.#high
    const high = after + this.#block
    const result = await this.#journal.write({ kind: 'lease', counter: this.#name, high, atMs })
    this.#asking = false
    if (result.kind === 'written') {
      if (after > this.#high) this.#next = after + 1
      this.#high = high
      this.#leasedMs = atMs
      return
    }
    // Without a number nobody gets one by asking: the next sale would pay for a disk that was full.
    this.#clock.after(RETRY_MS, () => this.#leaseWhenLow())
  }

  #leaseWhenLow(): void {
    if (this.#high - this.#next < this.#block / 2) void this.lease()
  }
}

/**
 * RRNs: `yDDD` of the Tehran day in which their block was leased, and eight digits of a counter
 * that goes on over the days. One that follows the clock goes round in more than a day.
 */
export class RrnSource {
  readonly #counter: Counter
  #blockMs = Number.NaN
  #blockDay: Day = 0
  #day: Day = 0
  #firstOfDay = 0

  constructor(counter: Counter) {
    this.#counter = counter
  }

  /** Undefined when the day's numbers are used up or no block is owned: the caller answers 96. */
  next(today: Day): Rrn | undefined {
    const number = this.#counter.next()
    if (number === undefined) return undefined
    this.#noteBlock()
    // Each day has a block of its own. Until that is durable the day before goes on.
    if (today > this.#blockDay) void this.#counter.lease()
    // A clock that jumps back keeps the later day, whose numbers go on.
    if (this.#blockDay > this.#day) {
      this.#day = this.#blockDay
      this.#firstOfDay = number
    }
    if (number - this.#firstOfDay >= RRN_NUMBERS) return undefined
    return (ordinalDay(this.#day) + String(number % RRN_NUMBERS).padStart(8, '0')) as Rrn
  }

  #noteBlock(): void {
    const { leasedMs } = this.#counter
    if (leasedMs === this.#blockMs) return
    this.#blockMs = leasedMs
    this.#blockDay = tehranTime(leasedMs).day
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
