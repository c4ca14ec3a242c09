// Many requests in flight over one or more channels, replies in any order: each is matched to its
// request by a key. One mux serves all channels of a card host, so a reply may come on another
// channel than its request went out on. [nothing-lost, row 30]
// Does not build keys or read messages, and remembers nothing of a request that has ended: a reply
// without a pending request goes to `late`, because it may be an approval.
//
// One timer serves all requests: it is set for the earliest deadline, and while requests are
// answered in time it goes off once in a deadline and finds the next one to be set for. A timer of
// its own for each request cost as much as finding it by its key.

import { InFlight } from '../values/in-flight.ts'
import type { Timers } from './timers.ts'

export type MuxResult<Reply> =
  | { kind: 'reply'; reply: Reply }
  /** Silence: the request may have been carried out. */
  | { kind: 'timeout' }
  /** No byte was written. */
  | { kind: 'not-sent' }
  /** The channel ended first: the request may have been carried out. */
  | { kind: 'closed' }

export interface MuxOptions<Reply> {
  readonly timers: Timers
  readonly maxPending: number
  /** A reply without a pending request: too late, a duplicate, or never asked for. */
  readonly late: (key: string, reply: Reply) => void
}

interface Pending<Reply> {
  readonly owner: unknown
  readonly dueMs: number
  /** Its channel is gone, but the reply may come on another one. */
  orphaned: boolean
  readonly resolve: (result: MuxResult<Reply>) => void
}

export class Mux<Reply> {
  readonly #options: MuxOptions<Reply>
  readonly #pending = new InFlight<Pending<Reply>>()
  #timerDueMs = Number.POSITIVE_INFINITY
  #cancelTimer: (() => void) | undefined

  constructor(options: MuxOptions<Reply>) {
    this.#options = options
  }

  get pending(): number {
    return this.#pending.size
  }

  /**
   * Calls `send` once and waits for the reply. Not sent: `send` gave false, the mux is full, the
   * deadline has passed already, or the key is pending (whoever makes keys makes them unique).
   * `owner` names the channel for `channelClosed`, usually the channel itself.
   */
  request(
    key: string,
    send: () => boolean,
    deadlineMs: number,
    owner?: unknown,
  ): Promise<MuxResult<Reply>> {
    if (deadlineMs <= 0 || this.#pending.has(key) || this.pending >= this.#options.maxPending) {
      return Promise.resolve({ kind: 'not-sent' })
    }
    return new Promise((resolve, reject) => {
      const dueMs = this.#options.timers.monotonicMs() + deadlineMs
      this.#pending.set(key, { owner, dueMs, orphaned: false, resolve })
      if (dueMs < this.#timerDueMs) this.#setTimer(dueMs, deadlineMs)
      try {
        if (!send()) this.#settle(key, { kind: 'not-sent' })
      } catch (error) {
        // Our bug, and nobody knows what was written: the caller gets the error itself.
        reject(error)
        this.#settle(key, { kind: 'not-sent' })
      }
    })
  }

  /** True when the reply met its request; otherwise `late` has it. */
  accept(key: string, reply: Reply): boolean {
    if (this.#settle(key, { kind: 'reply', reply })) return true
    this.#options.late(key, reply)
    return false
  }

  /**
   * Ends the requests of a channel. Where the reply may still come on another open channel they go
   * on waiting, until their deadline or until the last channel closes.
   */
  channelClosed(owner: unknown, replyMayComeElsewhere = false): void {
    for (const [key, pending] of [...this.#pending]) {
      if (pending.owner !== owner && !pending.orphaned) continue
      if (replyMayComeElsewhere) pending.orphaned = true
      else this.#settle(key, { kind: 'closed' })
    }
  }

  /** False when there is no such request any more. */
  #settle(key: string, result: MuxResult<Reply>): boolean {
    const pending = this.#pending.take(key)
    if (pending === undefined) return false
    if (this.#pending.size === 0) this.#dropTimer()
    pending.resolve(result)
    return true
  }

  #setTimer(dueMs: number, leftMs: number): void {
    this.#dropTimer()
    this.#timerDueMs = dueMs
    this.#cancelTimer = this.#options.timers.after(leftMs, () => this.#timesUp())
  }

  #dropTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerDueMs = Number.POSITIVE_INFINITY
  }

  /** Ends what is due, and waits for what is due next. */
  #timesUp(): void {
    this.#dropTimer()
    const nowMs = this.#options.timers.monotonicMs()
    let nextMs = Number.POSITIVE_INFINITY
    for (const [key, { dueMs }] of [...this.#pending]) {
      if (dueMs <= nowMs) this.#settle(key, { kind: 'timeout' })
      else nextMs = Math.min(nextMs, dueMs)
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#setTimer(nextMs, nextMs - nowMs)
  }
}
