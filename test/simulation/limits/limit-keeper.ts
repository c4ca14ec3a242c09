// The administrator's side of the limits of a day: gives them to terminals and merchants, lifts
// them, and gives them again to a store that a restore brought back.

import type { SimStore } from '../sqlite-sim-store.ts'
import { type DayLimit, type Limited, type LimitSet, placeOf } from './day-limits.ts'

export interface LimitWorld {
  readonly store: SimStore
  readonly oracle: { readonly limits: { set(place: string, limit: DayLimit | undefined): void } }
}

export class LimitKeeper {
  readonly #world: LimitWorld
  readonly #inForce = new Map<string, LimitSet>()

  constructor(world: LimitWorld, first: readonly LimitSet[]) {
    this.#world = world
    for (const { of, limit } of first) this.give(of, limit)
  }

  /** This world has limits. */
  get isUsed(): boolean {
    return this.#inForce.size > 0
  }

  give(of: Limited, limit: DayLimit | undefined): void {
    this.#inForce.set(placeOf(of), { of, limit })
    this.#world.store.setLimit(of, limit)
    this.#world.oracle.limits.set(placeOf(of), limit)
  }

  lift(): void {
    for (const { of } of [...this.#inForce.values()]) this.give(of, undefined)
  }

  /** The store is another one. */
  restored(): void {
    for (const { of, limit } of this.#inForce.values()) this.#world.store.setLimit(of, limit)
  }
}
