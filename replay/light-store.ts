// The state of a played terminal: in memory only, because what a test terminal forgets at the end
// of a run nobody owes. Without the catalogue, which a fleet would hold a hundred thousand times.

import { newState, type TerminalState } from '../pos-terminal/state.ts'
import type { TerminalStore } from '../pos-terminal/store.ts'

export class LightStore implements TerminalStore {
  state: TerminalState

  constructor(terminalId: string, merchantId: string) {
    this.state = newState(terminalId, merchantId)
  }

  save(state: TerminalState): void {
    this.state = state.catalogue === null ? state : { ...state, catalogue: null }
  }
}
