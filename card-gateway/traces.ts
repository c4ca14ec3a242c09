// DE 7 and DE 11 towards one card host. A STAN stays taken while the sale that it belongs to is
// open, its reversal's own STAN too; and DE 7 with STAN never comes twice, also when the clock
// jumps back. Does not know what is sent with them.
// [wire-protocol 4; nothing-lost, row 31]

import type { Timers } from '../protocol/link/timers.ts'
import type { Stan } from '../protocol/values/identifiers.ts'
import { InFlight } from '../protocol/values/in-flight.ts'
import { transmissionTime } from '../protocol/values/moment.ts'
import type { StanSource } from '../switch/core/counters.ts'
import type { ReversalTrace } from '../switch/core/journal.ts'
import { UsedTimes } from './used-times.ts'

const SECOND_MS = 1_000
const FIRST_OF_LINK = 999_000
const STANS_OF_LINK = 999

/** Names a message of a card host: its DE 7 and its STAN. */
export function traceKey(trace: ReversalTrace): string {
  return trace.transmission + trace.stan
}

export class Traces {
  readonly #stans: StanSource
  readonly #timers: Timers
  /** By the key of the sale's 0200: its own, and those of its reversals. */
  readonly #held = new InFlight<Stan[]>()
  /** How many sales hold a STAN: after a wrap it may be two, an old one being reversed again. */
  readonly #holders = new InFlight<number>()
  #last = ''
  readonly #earlier = new UsedTimes()
  #round = new UsedTimes()
  #ofLink = 0

  constructor(stans: StanSource, timers: Timers) {
    this.#stans = stans
    this.#timers = timers
  }

  /** Undefined when no STAN can be had. To be given back with `release`, unless a sale holds it. */
  next(): ReversalTrace | undefined {
    const stan = this.#stans.next()
    if (stan === undefined) return undefined
    // The numbers began anew: from now on DE 7 is none of those that went with the old ones.
    if (stan <= this.#last) this.#beginRound()
    this.#last = stan
    const second = this.#earlier.freeFrom(Math.floor(this.#timers.wallMs() / SECOND_MS))
    this.#round.add({ from: second, to: second })
    return { stan, transmission: transmissionTime(second * SECOND_MS) }
  }

  /**
   * For the link itself, also where sales have taken all numbers: an 0800 is matched by itself, and
   * without it no reversal would ever go out again.
   */
  nextOfLink(): ReversalTrace | undefined {
    const trace = this.next()
    if (trace !== undefined || this.held === 0) return trace
    this.#ofLink = (this.#ofLink % STANS_OF_LINK) + 1
    const stan = String(FIRST_OF_LINK + this.#ofLink) as Stan
    return { stan, transmission: transmissionTime(this.#timers.wallMs()) }
  }

  /** Numbers that sales and their reversals hold. */
  get held(): number {
    return this.#holders.size
  }

  #beginRound(): void {
    for (const used of this.#round.all) this.#earlier.add(used)
    this.#round = new UsedTimes()
  }

  release(stan: Stan): void {
    if (!this.#holders.has(stan)) this.#stans.close(stan)
  }

  /** The STAN belongs to the sale until it is forgotten. */
  hold(sale: ReversalTrace, stan: Stan): void {
    const key = traceKey(sale)
    const held = this.#held.get(key)
    if (held?.includes(stan) === true) return
    if (held === undefined) this.#held.set(key, [stan])
    else held.push(stan)
    this.#holders.set(stan, (this.#holders.get(stan) ?? 0) + 1)
    this.#stans.reopen(stan)
  }

  forget(sale: ReversalTrace): void {
    for (const stan of this.#held.take(traceKey(sale)) ?? []) {
      const others = (this.#holders.take(stan) ?? 1) - 1
      if (others > 0) this.#holders.set(stan, others)
      else this.#stans.close(stan)
    }
  }
}
