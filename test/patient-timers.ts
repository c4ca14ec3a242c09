// Timers for tests over real sockets that have both of their ends in this process. Their clock goes
// on with the turns of the event loop, by two milliseconds in each at the most, and stands still
// while a loaded machine keeps the process waiting: what has arrived by then is never late.

import { systemTimers, type Timers } from '../protocol/link/timers.ts'
import { VirtualTime } from './simulation/virtual-time.ts'

const TURN_MOST_MS = 2
/** The real one, also while another test of this process has its own in its place. */
const soon = globalThis.setTimeout

export function patientTimers(wallMs: () => number): Timers {
  const time = new VirtualTime()
  let isGoing = false
  let lookedMs = 0
  const goOn = (): void => {
    isGoing = time.pending > 0
    lookedMs = performance.now()
    if (isGoing) soon(turn, 1)
  }
  const turn = (): void => {
    const tookMs = performance.now() - lookedMs
    try {
      time.advance(Math.min(tookMs, TURN_MOST_MS))
    } finally {
      goOn()
    }
  }
  return {
    wallMs,
    monotonicMs: () => time.monotonicMs(),
    after(ms, run) {
      if (ms <= 0) return systemTimers.after(ms, run)
      const cancel = time.after(ms, run)
      if (!isGoing) goOn()
      return cancel
    },
  }
}
