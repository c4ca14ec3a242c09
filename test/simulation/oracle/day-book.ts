// Which Tehran days the calendar has shown, and when: what the switch may have taken for today.
// A midnight lies between two looks, so around it there is more than one.

import { tehran } from '../wire/calendar.ts'
import type { OracleClock } from './oracle-clock.ts'

interface Shown {
  readonly day: number
  /** It may have begun so early, and have been there so late. */
  readonly fromMs: number
  toMs: number
}

export class DayBook {
  readonly #clock: OracleClock
  readonly #shown: Shown[] = []
  #newest = 0

  constructor(clock: OracleClock) {
    this.#clock = clock
    this.look()
  }

  /** Before and after the calendar is set, and whenever something happens. */
  look(): void {
    const nowMs = this.#clock.monotonicMs()
    const { day } = tehran(this.#clock.wallMs())
    const last = this.#shown.at(-1)
    const lookedMs = last?.toMs ?? nowMs
    if (last !== undefined) last.toMs = nowMs
    if (last?.day === day) return
    this.#shown.push({ day, fromMs: lookedMs, toMs: nowMs })
    this.#newest = Math.max(this.#newest, day)
  }

  /** The newest that was ever shown: a clock that jumps back begins no day. */
  get newest(): number {
    return this.#newest
  }

  /** The earliest that was shown since then. */
  earliestSince(sinceMs: number): number {
    let earliest = this.#newest
    for (let at = this.#shown.length - 1; at >= 0; at--) {
      const { day, toMs } = this.#shown[at] as Shown
      if (toMs < sinceMs) break
      earliest = Math.min(earliest, day)
    }
    return earliest
  }
}
