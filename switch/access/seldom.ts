// What anybody may cause without being let in is told at most once a minute, with how often it was:
// a record for each would fill the disk, and none would hide it.

import type { Clock } from '../core/clock.ts'

const QUIET_MS = 60_000

export class Seldom {
  readonly #clock: Clock
  #untold = 0
  #quietUntilMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How often it was since it was told last, this time included; undefined: too soon to tell. */
  times(): number | undefined {
    this.#untold++
    const nowMs = this.#clock.monotonicMs()
    if (nowMs < this.#quietUntilMs) return undefined
    this.#quietUntilMs = nowMs + QUIET_MS
    const times = this.#untold
    this.#untold = 0
    return times
  }
}
