// How many sales may be in flight, found from how long they take: a sale that would wait behind
// too many others ends past its deadline, and the work for it is lost. While results come quickly
// the limit doubles in a wait; nearer to the deadline it rises slowly; past `slowMs` it is cut once
// in a deadline's time. Decides about new sales only, and knows no clock: it is told times.

export interface AdmissionSettings {
  /** The limit is never above this. */
  readonly most: number
  /** Nor below this, however slow the card host is; a start begins here. */
  readonly least: number
  /** What a sale has for the card host's result. */
  readonly deadlineMs: number
  /** When results take longer than this on average, fewer are taken; less than the deadline. */
  readonly slowMs: number
}

/** Results that the average goes back over: a few slow accounts among many do not lower it. */
const REMEMBERED = 8
/** Below this share of the deadline a doubled limit still ends in time. */
const QUICK = 1 / 4
/** Small, since a result tells of the limit under which its sale was admitted, a wait ago. */
const RAISE = 1 / 8
const CUT = 2 / 3
/** A limit that is not in use to this share is not what keeps sales out. */
const BUSY = 3 / 4
/** One of which less than this is in use was found under another load. */
const IDLE = 1 / 4

export class Admission {
  readonly #settings: AdmissionSettings
  readonly #least: number
  #limit: number
  #tookMs = 0
  #cutMs = Number.NEGATIVE_INFINITY

  constructor(settings: AdmissionSettings) {
    this.#settings = settings
    this.#least = Math.min(settings.least, settings.most)
    this.#limit = this.#least
  }

  get limit(): number {
    return Math.floor(this.#limit)
  }

  admits(inFlight: number): boolean {
    return inFlight < this.limit
  }

  /** A sale has its result, `tookMs` after its frame; so many are in flight, it among them. */
  ended(nowMs: number, tookMs: number, inFlight: number): void {
    const { most, deadlineMs, slowMs } = this.#settings
    this.#tookMs += (tookMs - this.#tookMs) / REMEMBERED
    if (this.#tookMs > slowMs) {
      // What was admitted before the last cut has to end before its effect can be seen.
      if (nowMs - this.#cutMs < deadlineMs) return
      this.#cutMs = nowMs
      this.#limit = Math.max(this.#least, this.#limit * CUT)
    } else if (inFlight >= this.#limit * BUSY) {
      const raise = tookMs < deadlineMs * QUICK ? 1 : RAISE
      this.#limit = Math.min(most, this.#limit + raise)
    } else if (inFlight < this.#limit * IDLE) {
      this.#limit = Math.max(this.#least, this.#limit - RAISE)
    }
  }
}
