// Chance for the jitter of a dialler's back-off, and for nothing else: what must not be guessed
// is made where it is used.

import { randomInt } from 'node:crypto'

const STEPS = 1_000_000

/** From 0 to below 1. */
export function chance(): number {
  return randomInt(STEPS) / STEPS
}
