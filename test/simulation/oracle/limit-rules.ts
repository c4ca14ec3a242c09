// Limits of a day: what is sold at one time never exceeds them, and a refusal for a limit has one
// that can be reached, counting the most that the switch may count. Counted are sold sales and
// those under way, by the day on which they began; a refund gives back. [docs/terminals.md]
//
// Where a clock that was set back leaves the day of a sale open, it counts for refusals only.

import type { DayLimit } from '../limits/day-limits.ts'
import { DayBook } from './day-book.ts'
import type { IdentitySeen } from './identity.ts'
import type { OracleClock } from './oracle-clock.ts'

type Identities = { readonly identities: ReadonlyMap<string, IdentitySeen> }

export interface Use {
  readonly count: number
  readonly amount: number
}

/** Days on which a sale may count. */
interface Days {
  readonly from: number
  readonly to: number
}

/** A sale that is sent later than this after it began is a violation of its own. */
const BEGAN_MS = 5_000
/** So late a sale that was reversed while it was under way has ended, however slow the disk. */
const ENDED_MS = 600_000

export class LimitRules {
  readonly #clock: OracleClock
  readonly #days: DayBook
  readonly #limits = new Map<string, DayLimit>()
  /** By RRN, of those that were sent to the card host. */
  readonly #began = new Map<string, Days>()
  readonly #alarms = new Set<string>()
  /** Refusals that were looked at. */
  refusals = 0

  constructor(clock: OracleClock) {
    this.#clock = clock
    this.#days = new DayBook(clock)
  }

  /** Of a merchant (institution and MID) or of a terminal (its TID too); undefined lifts it. */
  set(place: string, limit: DayLimit | undefined): void {
    this.#days.look()
    if (limit === undefined) this.#limits.delete(place)
    else this.#limits.set(place, limit)
  }

  look(): void {
    this.#days.look()
  }

  get newestDay(): number {
    return this.#days.newest
  }

  /** Its 0200 went out: it began a moment ago. */
  sent(rrn: string, firstAskedMs: number): void {
    const sinceMs = Math.max(firstAskedMs, this.#clock.monotonicMs() - BEGAN_MS)
    this.#days.look()
    this.#began.set(rrn, { from: this.#days.earliestSince(sinceMs), to: this.#days.newest })
  }

  /** It was sold: with all that is sold for certain no limit may be exceeded. */
  sold(court: Identities, identity: IdentitySeen, wrong: (why: string) => void): void {
    if (this.#limits.size === 0) return
    const days = this.#began.get(identity.answer?.rrn ?? '')
    if (days === undefined || days.from !== days.to) return
    for (const place of placesOf(identity)) {
      const limit = this.#limits.get(place)
      if (limit === undefined) continue
      const { count, amount } = this.least(court, place, days.from)
      if (exceeds(limit, { count, amount }))
        wrong(`sold over the limit of ${place}: ${count} sales, ${amount} rial`)
    }
  }

  /** Answered 61 by the switch itself. */
  refused(court: Identities, identity: IdentitySeen, wrong: (why: string) => void): void {
    this.#days.look()
    this.refusals++
    const amount = Number((identity.content ?? '').split(' ')[1])
    const today = this.#days.earliestSince(identity.firstAskedMs)
    const isReached = placesOf(identity).some((place) => {
      const limit = this.#limits.get(place)
      if (limit === undefined) return false
      const most = this.most(court, place, { today, but: identity })
      return exceeds(limit, { count: most.count + 1, amount: most.amount + amount })
    })
    // What counted when it was asked may have been lost with the disk since.
    if (!isReached && identity.forgotten === undefined) wrong('61 below every limit')
    const { mid, tid } = identity
    const isTold = [`terminal ${tid} of merchant ${mid}`, `merchant ${mid}`].some((detail) =>
      this.#alarms.has(detail),
    )
    if (!isTold) wrong('61, and no alarm tells an administrator')
  }

  /** An administrator is told of a limit that is reached. */
  alarmed(detail: string): void {
    this.#alarms.add(detail)
  }

  /** Sold and not asked back, begun on that day and on no other. */
  least(court: Identities, place: string, day: number): Use {
    return sumOf(court, place, (seen) => {
      const { answer, reversalAskedMs } = seen
      const days = this.#began.get(answer?.rrn ?? '')
      const isSold = answer?.code === '00' && reversalAskedMs === undefined
      return isSold && days?.from === day && days.to === day
    })
  }

  /** Everything that may count on that day, or may have counted when the sale was refused. */
  most(
    court: Identities,
    place: string,
    { today, but }: { today: number; but?: IdentitySeen },
  ): Use {
    const sinceMs = but?.firstAskedMs ?? this.#clock.monotonicMs()
    return sumOf(court, place, (seen) => {
      if (seen === but || seen.asked === 0) return false
      const { answer, reversedMs = Number.POSITIVE_INFINITY } = seen
      if (answer !== undefined && answer.code !== '00') return seen.answeredMs > sinceMs
      const days = this.#began.get(answer?.rrn ?? seen.rrn ?? '')
      // What counts on a later day than its own gives nothing back.
      const isOpen = days !== undefined && days.from !== days.to
      if (isOpen && days.to >= today) return true
      // Reversed while it was under way, or with an answer that nobody has seen, it ends a while
      // later, and nobody is told.
      if (answer === undefined) return reversedMs > sinceMs - ENDED_MS
      if (days === undefined) return true
      return reversedMs > sinceMs && days.to >= today
    })
  }
}

function placesOf({ institution, mid, tid }: IdentitySeen): string[] {
  return [`${institution} ${mid} ${tid}`, `${institution} ${mid}`]
}

function sumOf(court: Identities, place: string, counts: (seen: IdentitySeen) => boolean): Use {
  let count = 0
  let sum = 0
  for (const seen of court.identities.values()) {
    if (!placesOf(seen).includes(place) || !counts(seen)) continue
    count++
    sum += amountOf(seen)
  }
  return { count, amount: sum }
}

/** Where two amounts were asked for under one identity, the larger may count. */
function amountOf({ answer, askedAmount }: IdentitySeen): number {
  return answer?.code === '00' ? Number(answer.amount) : askedAmount
}

function exceeds({ count = Infinity, rial = Infinity }: DayLimit, use: Use): boolean {
  return use.count > count || use.amount > rial
}
