// Sales whose intent this process wrote and whose outcome is to come: what the outcome needs of
// their rows, so that it reads back nothing that was written a moment ago. It only ever spares a
// question: a sale that is not here is read from the store, as after a start. Every change of state
// is still guarded by the statement that makes it.

import { InFlight } from '../../protocol/values/in-flight.ts'

export interface IntentFacts {
  readonly voucherIds: readonly number[]
  /** Of each voucher. */
  readonly lots: readonly number[]
  readonly terminal: number
  readonly merchant: number
  readonly amount: number
  readonly createdMs: number
}

export class OpenIntents {
  #facts = new InFlight<IntentFacts>()

  opened(sale: number, facts: IntentFacts): void {
    this.#facts.set(String(sale), facts)
  }

  /** Its outcome is being written: it is asked for once. */
  take(sale: number): IntentFacts | undefined {
    return this.#facts.take(String(sale))
  }

  /** A group was rolled back: some of these may not be in the store. */
  forget(): void {
    if (this.#facts.size > 0) this.#facts = new InFlight()
  }
}
