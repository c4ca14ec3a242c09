// Who is next: of all connections of a listener so many frames are handled in a turn of the event
// loop; whoever has more to say waits, in the order in which they came.
//
// Without it a turn need not end. Where more than a thousand sockets have something to read, as
// when terminals that were refused try again at once, libuv reads up to 48 times as many before
// anything else has its turn: commits, timers and what waits for a turn stood still for seconds,
// and of 4,000 terminals nearly all were refused. Few at a time is cheaper too: what is begun ends
// sooner, so less is under way, and the collector has less to copy. [performance.md, Turns]

import type { Timers } from './timers.ts'

/** Of all connections of a listener. */
export const REQUESTS_PER_TURN = 16
/** Of a connection that we dialed: answers end what requests began, and more of them may come. */
export const ANSWERS_PER_TURN = 64

export class FrameTurns {
  readonly #timers: Timers
  readonly #framesPerTurn: number
  #left: number
  #waiting: (() => void)[] = []
  #armed = false

  constructor(timers: Timers, framesPerTurn: number) {
    this.#timers = timers
    this.#framesPerTurn = framesPerTurn
    this.#left = framesPerTurn
  }

  /** The turn has had its frames, or others came before: what has arrived waits. */
  get isTaken(): boolean {
    return this.isSpent || this.#waiting.length > 0
  }

  /** The turn has had its frames: nobody has one more, also who has sent thousands. */
  get isSpent(): boolean {
    return this.#left <= 0
  }

  /** One more frame was handled. Only after the last one is the next turn waited for. */
  handled(): void {
    this.#left -= 1
    if (this.isSpent) this.#arm()
  }

  /** Runs `goOn` in a later turn, after all who wait already. */
  wait(goOn: () => void): void {
    this.#waiting.push(goOn)
    this.#arm()
  }

  #arm(): void {
    if (this.#armed) return
    this.#armed = true
    this.#timers.after(0, () => this.#begin())
  }

  /** Who waits again meanwhile has its next turn later, however few they are. */
  #begin(): void {
    this.#armed = false
    this.#left = this.#framesPerTurn
    const waiting = this.#waiting
    const most = waiting.length
    let at = 0
    for (; at < most && !this.isSpent; at++) waiting[at]?.()
    waiting.splice(0, at)
    if (waiting.length > 0) this.#arm()
  }
}
