// What is told once in a while and not each time: a terminal, or whoever plays one, can make the
// same thing happen as often as it likes, and the log must stay readable.

import type { Clock } from './clock.ts'

const WHILE_MS = 60 * 60_000
/** Of more the oldest are forgotten, and told again: what is new is never kept quiet. */
const KEYS_MOST = 10_000

export class Told {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #untilMs = new Map<string, number>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** Whether it is to be told now. */
  isNews(key: string): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs < (this.#untilMs.get(key) ?? 0)) return false
    // In the order in which they were told.
    this.#untilMs.delete(key)
    this.#untilMs.set(key, nowMs + WHILE_MS)
    const [oldest] = this.#untilMs.keys()
    if (this.#untilMs.size > KEYS_MOST && oldest !== undefined) this.#untilMs.delete(oldest)
    return true
  }
}
