// What is told once in a while and not each time: a terminal, or whoever plays one, can make the
// same thing happen as often as it likes, and the log must stay readable.

import type { Clock } from './clock.ts'

const WHILE_MS = 60 * 60_000
/** More at a time are told as if they were one. */
const KEYS_MOST = 1_000

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
    if (this.#untilMs.size >= KEYS_MOST) this.#forgetOld(nowMs)
    if (this.#untilMs.size >= KEYS_MOST) return false
    this.#untilMs.set(key, nowMs + WHILE_MS)
    return true
  }

  #forgetOld(nowMs: number): void {
    for (const [key, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(key)
  }
}
