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
import { InFlight } from '../../protocol/values/in-flight.ts'
import { type Day, ordinalDay, tehranMidnight, tehranTime } from '../../protocol/values/moment.ts'
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

  /**
   * Leaves out the numbers below this one when it is owned; else another block is asked for. Where
   * the block reaches so far none is: it would begin after this one, and with each caller one more,
   * until numbers ran hours ahead of the clock.
   */
  skipTo(number: number): boolean {
    if (number > this.#high) {
      void this.lease()
      return false
    }
    this.#next = Math.max(this.#next, number)
    return true
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
 * RRNs: `yDDD` of a Tehran day and eight digits of a counter that follows the clock and goes on
 * over the days. The day is the number's own, read as a millisecond, and not the clock's: a day has
 * fewer of them than eight digits tell apart. So no text comes twice, whatever the clock said.
 */
export class RrnSource {
  readonly #counter: Counter

  constructor(counter: Counter) {
    this.#counter = counter
  }

  /** Undefined while no block is owned: the caller answers 96. */
  next(today: Day): Rrn | undefined {
    const number = this.#counter.next()
    if (number === undefined) return undefined
    // A clock that jumps back keeps the later day, whose numbers go on.
    const { day } = tehranTime(number)
    // Each day has numbers of its own. Until they are durable the day before goes on.
    if (today > day && this.#counter.skipTo(tehranMidnight(today))) return this.next(today)
    return (ordinalDay(day) + String(number % RRN_NUMBERS).padStart(8, '0')) as Rrn
  }
}

/** STANs of one card host: they wrap, and skip those whose sale is still open. */
export class StanSource {
  readonly #counter: Counter
  readonly #open = new InFlight<true>()

  constructor(counter: Counter) {
    this.#counter = counter
  }

  next(): Stan | undefined {
    for (let tries = 0; tries <= this.#open.size; tries++) {
      const number = this.#counter.next()
      if (number === undefined) return undefined
      const stan = String(((number - 1) % STAN_NUMBERS) + 1).padStart(6, '0') as Stan
      if (this.#open.has(stan)) continue
      this.#open.set(stan, true)
      return stan
    }
    return undefined
  }

  /** A STAN of a sale from before the start that is still open. */
  reopen(stan: Stan): void {
    this.#open.set(stan, true)
  }

  close(stan: Stan): void {
    this.#open.take(stan)
  }
}
