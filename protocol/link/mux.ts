// Many requests in flight over one or more channels, replies in any order: each is matched to its
// request by a key. One mux serves all channels of a card host, so a reply may come on another
// channel than its request went out on. [nothing-lost, row 30]
// Does not build keys or read messages, and remembers nothing of a request that has ended: a reply
// without a pending request goes to `late`, because it may be an approval.

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
  /** Its channel is gone, but the reply may come on another one. */
  orphaned: boolean
  settle(result: MuxResult<Reply>): void
}

export class Mux<Reply> {
  readonly #options: MuxOptions<Reply>
  readonly #pending = new Map<string, Pending<Reply>>()

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
      const forget = (): void => {
        cancel()
        this.#pending.delete(key)
      }
      const settle = (result: MuxResult<Reply>): void => {
        forget()
        resolve(result)
      }
      const cancel = this.#options.timers.after(deadlineMs, () => settle({ kind: 'timeout' }))
      this.#pending.set(key, { owner, orphaned: false, settle })
      try {
        if (!send()) settle({ kind: 'not-sent' })
      } catch (error) {
        // Our bug, and nobody knows what was written: the caller gets the error itself.
        forget()
        reject(error)
      }
    })
  }

  /** True when the reply met its request; otherwise `late` has it. */
  accept(key: string, reply: Reply): boolean {
    const pending = this.#pending.get(key)
    if (pending === undefined) {
      this.#options.late(key, reply)
      return false
    }
    pending.settle({ kind: 'reply', reply })
    return true
  }

  /**
   * Ends the requests of a channel. Where the reply may still come on another open channel they go
   * on waiting, until their deadline or until the last channel closes.
   */
  channelClosed(owner: unknown, replyMayComeElsewhere = false): void {
    for (const pending of [...this.#pending.values()]) {
      if (pending.owner !== owner && !pending.orphaned) continue
      if (replyMayComeElsewhere) pending.orphaned = true
      else pending.settle({ kind: 'closed' })
    }
  }
}
