// What happens to a shop in hours, and how often: each thing has its own mean time between two, and
// a seed draws when. One thing at a time; what takes long puts the others off.

import type { Seeded } from '../simulation/seeded.ts'

export interface Trouble {
  readonly name: string
  /** Mean time between two, in seconds. */
  readonly every: number
  readonly run: () => Promise<void>
}

export class Chaos {
  readonly counts: Record<string, number> = {}
  readonly #random: Seeded
  readonly #troubles: readonly Trouble[]
  readonly #due = new Map<Trouble, number>()

  constructor(troubles: readonly Trouble[], random: Seeded) {
    this.#random = random
    this.#troubles = troubles
    for (const trouble of troubles) {
      this.counts[trouble.name] = 0
      this.#due.set(trouble, this.#after(0, trouble))
    }
  }

  /** Half to one and a half times its mean. */
  #after(seconds: number, { every }: Trouble): number {
    return seconds + every * (0.5 + this.#random.next())
  }

  /** Runs what is due at this moment, the longest overdue first. */
  async run(seconds: number): Promise<void> {
    const due = this.#troubles
      .filter((trouble) => (this.#due.get(trouble) ?? 0) <= seconds)
      .sort((a, b) => (this.#due.get(a) ?? 0) - (this.#due.get(b) ?? 0))
    for (const trouble of due) {
      await trouble.run()
      this.counts[trouble.name] = (this.counts[trouble.name] ?? 0) + 1
      this.#due.set(trouble, this.#after(seconds, trouble))
    }
  }
}
