// Cuts long work on the main thread into slices: whoever works calls `pause` often, and after some
// 3 ms it waits for a turn of the event loop, so that frames of terminals are served in between.

import type { Clock } from '../../switch/core/clock.ts'

const SLICE_MS = 3

export class Slices {
  readonly #clock: Clock
  #startedMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedMs = clock.monotonicMs()
  }

  /** True when the slice is used up; ask before awaiting `pause`, which always costs a little. */
  get due(): boolean {
    return this.#clock.monotonicMs() - this.#startedMs >= SLICE_MS
  }

  async pause(): Promise<void> {
    if (!this.due) return
    await new Promise<void>((resolve) => {
      this.#clock.after(0, resolve)
    })
    this.#startedMs = this.#clock.monotonicMs()
  }
}
