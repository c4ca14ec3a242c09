// Time as the link sees it: two clocks and one-shot timers, passed as an argument so that tests and
// simulations own it. This is the only file of the link that reads a clock or sets a timer.
//
// The timers keep the process alive. Whoever sets one cancels it when its channel, request or
// dialer ends, so none outlives its purpose; an unreferenced one would let a terminal that is
// waiting to redial (no socket, only the back-off) exit in the middle of a sale. There is no timer
// wheel: Node already keeps timers of equal length in one list, and idle deadlines are re-armed
// when they fire.

export interface Timers {
  /** Never goes back; for deadlines. */
  monotonicMs(): number
  /** Milliseconds of the calendar; may jump. */
  wallMs(): number
  /** Runs once after `ms`. The function given back cancels it, and may be called at any time. */
  after(ms: number, run: () => void): () => void
}

// What setTimeout can hold. It fires at once when given more.
const LONGEST_MS = 2 ** 31 - 1

/** The global is looked up by a function at every use, which costs more than the clock. */
const monotonic = performance

export const systemTimers: Timers = {
  monotonicMs: () => monotonic.now(),
  wallMs: () => Date.now(),
  after(ms, run) {
    if (ms > LONGEST_MS) return afterLong(ms, run)
    if (ms <= 0) return afterThisTurn(run)
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** When what has arrived meanwhile has had its turn; a timer would wait a whole millisecond. */
function afterThisTurn(run: () => void): () => void {
  const soon = setImmediate(run)
  return () => clearImmediate(soon)
}

function afterLong(ms: number, run: () => void): () => void {
  let timer: NodeJS.Timeout
  const arm = (left: number): void => {
    if (left <= LONGEST_MS) timer = setTimeout(run, left)
    else timer = setTimeout(() => arm(left - LONGEST_MS), LONGEST_MS)
  }
  arm(ms)
  return () => clearTimeout(timer)
}
