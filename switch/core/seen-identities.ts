// Which identities cannot be in the store, so that a new sale need not look for itself there. Every
// identity that is dated after a certain moment is known here: those that the store held when this
// process started, and those that were written since. What is not known and dated after it was
// never written. All else may have been, and the store is asked.
//
// It only ever spares a question. That something may be stored is always a right answer, so what
// grows too large is forgotten, the oldest second first, and the moment moves behind it.

import { type Day, tehranTime } from '../../protocol/values/moment.ts'
import type { IdentityReader, Journal, JournalRecord, SaleKey, WriteResult } from './journal.ts'

export interface IdentityLimits {
  readonly identities: number
  /** A terminal with a wrong clock may open a second of its own. */
  readonly seconds: number
}

const LIMITS: IdentityLimits = { identities: 100_000, seconds: 5_000 }

/** A STAN is below it. */
const STANS = 1_000_000

export class SeenIdentities {
  readonly #limits: IdentityLimits
  readonly #seconds = new Map<number, Set<number>>()
  #size = 0
  /** Up to and with this second the store is asked. */
  #through: number
  /** No identity is dated earlier. */
  #firstDay: Day

  constructor(reader: IdentityReader, wallMs: number, limits: IdentityLimits = LIMITS) {
    this.#limits = limits
    const { day, time } = tehranTime(wallMs)
    this.#through = secondOf({ day, time })
    this.#firstDay = reader.firstDay() ?? day
    const later = reader.identitiesAfter(day, time, limits.identities)
    for (const key of later) this.#note(key)
    if (later.length >= limits.identities) this.#through = Number.POSITIVE_INFINITY
  }

  mayBeStored(key: SaleKey): boolean {
    const second = secondOf(key)
    if (second <= this.#through) return key.day >= this.#firstDay
    return this.#seconds.get(second)?.has(nameOf(key)) === true
  }

  /** A journal that tells of each identity before anybody can hear that it was written. */
  noting(journal: Journal): Journal {
    return {
      write: (record: JournalRecord): Promise<WriteResult> => {
        const { kind } = record
        if (kind === 'intent' || kind === 'refusal' || kind === 'cancel') this.#note(record.key)
        return journal.write(record)
      },
    }
  }

  #note(key: SaleKey): void {
    if (key.day < this.#firstDay) this.#firstDay = key.day
    const second = secondOf(key)
    if (second <= this.#through) return
    let names = this.#seconds.get(second)
    if (names === undefined) {
      names = new Set()
      this.#seconds.set(second, names)
    }
    const before = names.size
    names.add(nameOf(key))
    this.#size += names.size - before
    const { identities, seconds } = this.#limits
    while (this.#size > identities || this.#seconds.size > seconds) this.#forgetOldest()
  }

  #forgetOldest(): void {
    let oldest = Number.POSITIVE_INFINITY
    for (const second of this.#seconds.keys()) if (second < oldest) oldest = second
    this.#size -= this.#seconds.get(oldest)?.size ?? 0
    this.#seconds.delete(oldest)
    this.#through = oldest
  }
}

/** Grows with time: yyyymmddhhmmss. */
function secondOf({ day, time }: { readonly day: Day; readonly time: string }): number {
  return day * 1_000_000 + Number(time)
}

/** Within a second. A number, because there are many: a text of each would be twice as large. */
function nameOf({ terminalKey, stan }: SaleKey): number {
  return terminalKey * STANS + Number(stan)
}
