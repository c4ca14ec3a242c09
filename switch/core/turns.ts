// One operation at a time per identity: a repeat waits for its first answer, a confirmation for the
// reversal before it. The wait is in memory, first come first served, and ends with the operation.

import { InFlight } from '../../protocol/values/in-flight.ts'

export class Turns {
  readonly #last = new InFlight<Promise<unknown>>()

  /** Runs `work` when every earlier work of the same key has ended. */
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key)
    const mine = before === undefined ? work() : before.then(work, work)
    this.#last.set(key, mine)
    const leave = () => {
      if (this.#last.get(key) === mine) this.#last.take(key)
    }
    mine.then(leave, leave)
    return mine
  }

  busy(key: string): boolean {
    return this.#last.has(key)
  }

  get size(): number {
    return this.#last.size
  }
}
