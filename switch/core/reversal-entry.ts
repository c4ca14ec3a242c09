// A reversal as the queue holds it: its row, what this process alone knows of it, and when it is
// asked for again.

import type { OpenReversal, ReversalTrace } from './journal.ts'

export interface Entry {
  reversal: OpenReversal
  mayHaveBeenSent: boolean
  approvedMeanwhile: boolean
  /** Its trace was taken when its approval was known. */
  isFresh: boolean
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

/** Its trace is new, and has not been sent. */
export function becomeFresh(entry: Entry): void {
  entry.isFresh = true
  entry.mayHaveBeenSent = false
}

export function isSame(one: ReversalTrace, other: ReversalTrace): boolean {
  return one.stan === other.stan && one.transmission === other.transmission
}
