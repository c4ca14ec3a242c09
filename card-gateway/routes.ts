// Which connection a 0200 went out on, and whether its approval was seen: for the reversal, which
// follows it on the same connection, and for duplicates of the answer. Outlives the sale, because a
// terminal may reverse hours later; the oldest are given up when there are too many.

import { InFlight } from '../protocol/values/in-flight.ts'
import type { Session } from './session.ts'

interface Route {
  readonly session: Session
  approved: boolean
}

export class Routes {
  readonly #most: number
  readonly #routes = new InFlight<Route>()
  /** The keys in a ring, for the oldest. */
  readonly #keys: string[] = []
  #next = 0

  constructor(most: number) {
    this.#most = most
  }

  remember(key: string, session: Session): void {
    if (!this.#routes.has(key)) this.#makeRoom(key)
    this.#routes.set(key, { session, approved: false })
  }

  /** For one more key, in the place of the oldest. */
  #makeRoom(key: string): void {
    const oldest = this.#keys[this.#next]
    if (oldest !== undefined) this.#routes.take(oldest)
    this.#keys[this.#next] = key
    this.#next = (this.#next + 1) % this.#most
  }

  sessionOf(key: string): Session | undefined {
    return this.#routes.get(key)?.session
  }

  sawApproval(key: string): void {
    const route = this.#routes.get(key)
    if (route !== undefined) route.approved = true
  }

  isApproved(key: string): boolean {
    return this.#routes.get(key)?.approved ?? false
  }
}
