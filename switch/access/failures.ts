// Wrong passwords, counted by name: after some in a row the name is locked for a while, whether
// anybody has it or not, so that the lock tells nothing. Kept in memory: a restart forgets it.
// Names that nobody has are bounded and cannot push out a count of one that somebody has.

import type { Clock } from '../core/clock.ts'

interface Count {
  failures: number
  lastMs: number
  locked: boolean
}

const UNKNOWN_MOST = 10_000

export interface FailureSettings {
  readonly most: number
  readonly lockMs: number
}

export class Failures {
  readonly #clock: Clock
  readonly #settings: FailureSettings
  readonly #known = new Map<string, Count>()
  readonly #unknown = new Map<string, Count>()

  constructor(clock: Clock, settings: FailureSettings) {
    this.#clock = clock
    this.#settings = settings
  }

  locked(name: string, known: boolean): boolean {
    return this.#count(name, known)?.locked === true
  }

  /**
   * Counts a try before its password is looked at, so that many at once count too. True when this
   * was the last one: the name is locked unless it turns out to be right.
   */
  begin(name: string, known: boolean): boolean {
    const counts = known ? this.#known : this.#unknown
    const failures = (this.#count(name, known)?.failures ?? 0) + 1
    const locked = failures >= this.#settings.most
    counts.delete(name)
    counts.set(name, { failures, locked, lastMs: this.#clock.monotonicMs() })
    if (!known && counts.size > UNKNOWN_MOST) {
      const [oldest] = counts.keys()
      if (oldest !== undefined) counts.delete(oldest)
    }
    return locked
  }

  /** A try whose password nobody looked at was none. */
  takeBack(name: string, known: boolean): void {
    const count = this.#count(name, known)
    if (count === undefined) return
    count.failures--
    count.locked = count.failures >= this.#settings.most
  }

  right(name: string): void {
    this.#known.delete(name)
  }

  #count(name: string, known: boolean): Count | undefined {
    const counts = known ? this.#known : this.#unknown
    const count = counts.get(name)
    if (count === undefined) return undefined
    if (this.#clock.monotonicMs() - count.lastMs < this.#settings.lockMs) return count
    counts.delete(name)
    return undefined
  }
}
