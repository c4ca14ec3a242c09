// The state of a played terminal: in memory only, because what a test terminal forgets at the end
// of a run nobody owes. Without the catalogue, which a fleet would hold a hundred thousand times.
// A terminal that is quiet for long is kept as the little that it must not forget.

import { NO_TOTALS, newState, type TerminalState, type Totals } from '../pos-terminal/state.ts'
import type { TerminalStore } from '../pos-terminal/store.ts'

export interface KeptState {
  readonly nextStan: number
  readonly totals?: Totals
  readonly printedStan: string | null
  readonly session?: NonNullable<TerminalState['session']>
}

/** Of a terminal that owes nothing. */
export function keptOf({ nextStan, totals, printedStan, session }: TerminalState): KeptState {
  const isEven = totals.salesCount === 0 && totals.reversalsCount === 0
  return {
    ...{ nextStan, printedStan },
    ...(isEven ? {} : { totals }),
    ...(session === undefined ? {} : { session }),
  }
}

export class LightStore implements TerminalStore {
  state: TerminalState

  constructor(terminalId: string, merchantId: string, kept?: KeptState) {
    const state = newState(terminalId, merchantId)
    this.state = kept === undefined ? state : { ...state, totals: NO_TOTALS, ...kept }
  }

  save(state: TerminalState): void {
    this.state = state.catalogue === null ? state : { ...state, catalogue: null }
  }
}
