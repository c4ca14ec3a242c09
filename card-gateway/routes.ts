// Which connection a 0200 went out on, and whether its approval was seen: for the reversal, which
// follows it on the same connection, and for duplicates of the answer. Outlives the sale, because a
// terminal may reverse hours later; the oldest are given up when there are too many.

import type { Session } from './session.ts'

interface Route {
  readonly session: Session
  approved: boolean
}

export class Routes {
  readonly #most: number
  readonly #routes = new Map<string, Route>()

  constructor(most: number) {
    this.#most = most
  }

  remember(key: string, session: Session): void {
    this.#routes.set(key, { session, approved: false })
    if (this.#routes.size <= this.#most) return
    for (const oldest of this.#routes.keys()) {
      this.#routes.delete(oldest)
      return
    }
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
