// What all terminals of one run share: the books, the waits, the connections, the cards, and how
// much is still to be done. Made where the run is wired together.

import type { ConnectionSlots } from './connection-slots.ts'
import type { Ledger } from './ledger.ts'
import type { TestCards } from './test-cards.ts'
import type { Waits } from './waits.ts'

export interface Stage {
  readonly ledger: Ledger
  readonly waits: Waits
  readonly slots: ConnectionSlots
  readonly cards: TestCards
  /** From now on nothing new is begun; what is open comes to its end. */
  readonly isStopping: () => boolean
  /** Records that are taken and not done, of all terminals. */
  readonly work: { waiting: number; underWay: number; dropped: number }
  readonly failed: (error: unknown) => void
}
