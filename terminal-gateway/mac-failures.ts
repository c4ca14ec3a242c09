// Messages without a right MAC, counted by connection and by address. A few are an accident; more
// from one connection close it. From an address that brings too many in a minute, the first one of
// a connection closes it, unanswered: honest terminals behind that address are not touched, because
// their MACs are right. A terminal is never blocked for it: its number is no secret, and anybody
// could block the fleet. [wire-protocol 3.5]

import type { Timers } from '../protocol/link/timers.ts'

export interface MacFailureLimits {
  readonly perConnection: number
  readonly perAddressAndMinute: number
  /** Addresses that are remembered; the oldest makes room. */
  readonly addresses: number
}

const MINUTE_MS = 60_000

interface Seen {
  sinceMs: number
  failures: number
}

export class MacFailures {
  readonly #limits: MacFailureLimits
  readonly #timers: Pick<Timers, 'monotonicMs'>
  readonly #seen = new Map<string, Seen>()

  constructor(limits: MacFailureLimits, timers: Pick<Timers, 'monotonicMs'>) {
    this.#limits = limits
    this.#timers = timers
  }

  /** `earlier`: of the same connection. What is to be done with it now. */
  judge(address: string, earlier: number): 'answer' | 'answer and close' | 'close' {
    const seen = this.#of(address)
    seen.failures += 1
    if (seen.failures > this.#limits.perAddressAndMinute) return 'close'
    return earlier + 1 >= this.#limits.perConnection ? 'answer and close' : 'answer'
  }

  #of(address: string): Seen {
    const nowMs = this.#timers.monotonicMs()
    const known = this.#seen.get(address)
    if (known !== undefined && nowMs - known.sinceMs < MINUTE_MS) return known
    const seen = { sinceMs: nowMs, failures: 0 }
    // At the end of the map: the oldest minute is the first to go.
    this.#seen.delete(address)
    if (this.#seen.size >= this.#limits.addresses) {
      const oldest = this.#seen.keys().next().value
      if (oldest !== undefined) this.#seen.delete(oldest)
    }
    this.#seen.set(address, seen)
    return seen
  }
}

/** Of `host:port`, as a channel names its other end. */
export function addressOf(remote: string): string {
  const colon = remote.lastIndexOf(':')
  return colon < 0 ? remote : remote.slice(0, colon)
}
