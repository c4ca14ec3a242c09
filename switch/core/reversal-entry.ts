// A reversal as the queue holds it: its row, what this process alone knows of it, and when it is
// asked for again.

import type { OpenReversal } from './journal.ts'

export interface Entry {
  reversal: OpenReversal
  mayHaveBeenSent: boolean
  approvedMeanwhile: boolean
  /** Its late approval is not in the store, as far as is known. */
  isAhead: boolean
  delayMs: number
  /** Monotonic; while it is neither due nor under way. */
  askAgainMs: number
  cancelWait: (() => void) | undefined
}

/** The store, and one that comes back from there, know all of it. */
export function mayLeave({ isAhead, mayHaveBeenSent, reversal }: Entry): boolean {
  return !isAhead && (mayHaveBeenSent || !reversal.wasReopened)
}
