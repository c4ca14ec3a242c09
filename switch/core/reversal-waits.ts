// How long a reversal waits before its card host is asked again, and from when on what gave its
// place in memory away may be asked: moments and nothing else, so that it waits no shorter for
// waiting in the store. A second RC 25 ends a reversal only because so much time lies between the
// two. Sets no timer. [wire-protocol 4, 0420; nothing-lost, row 18]

import type { Clock } from './clock.ts'
import type { OpenReversal, ReversalStatus } from './journal.ts'

export interface WaitSettings {
  readonly suspenseDelayMs: number
  readonly cardHostTimeoutMs: number
}

/** A few tens of megabytes. One more is not known, as after a start. */
const MOMENTS_MOST = 1 << 20

export class ReversalWaits {
  readonly #settings: WaitSettings
  readonly #clock: Clock
  /** By the id of its sale; monotonic. */
  readonly #askAgainMs = new Map<number, number>()

  constructor(settings: WaitSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** After an answer that left it with that status. Undefined: it is repeated with back-off. */
  after(status: ReversalStatus): number | undefined {
    if (status === 'suspense') return this.#settings.suspenseDelayMs
    return status === 'unfound' ? 2 * this.#settings.cardHostTimeoutMs : undefined
  }

  /** It gives its place away. */
  leave({ id, status }: OpenReversal, askAgainMs: number): void {
    if (this.after(status) === undefined || this.#askAgainMs.size >= MOMENTS_MOST) return
    this.#askAgainMs.set(id, askAgainMs)
  }

  /** What is left, of one that waits in the store; from then on that is known. */
  left(reversal: OpenReversal): number {
    const leftMs = this.#left(reversal)
    if (leftMs > 0) this.leave(reversal, this.#clock.monotonicMs() + leftMs)
    return leftMs
  }

  /** What is left, of one that is taken up again. */
  comeBack(reversal: OpenReversal): number {
    const leftMs = this.#left(reversal)
    this.#askAgainMs.delete(reversal.id)
    return leftMs
  }

  /** It is ended. */
  forget(id: number): void {
    this.#askAgainMs.delete(id)
  }

  /**
   * One that an earlier process left was perhaps answered 25 a moment ago. One that was refused may
   * be asked again too early: nothing ends by that.
   */
  #left({ id, status }: OpenReversal): number {
    if (this.after(status) === undefined) return 0
    const askAgainMs = this.#askAgainMs.get(id)
    if (askAgainMs !== undefined) return Math.max(0, askAgainMs - this.#clock.monotonicMs())
    return status === 'unfound' ? 2 * this.#settings.cardHostTimeoutMs : 0
  }
}
