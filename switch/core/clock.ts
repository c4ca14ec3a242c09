// Time as the core sees it. Timers are monotonic; the wall clock is data that goes into records,
// never a decision about how long something took. [nothing-lost, rule 18]

export interface Clock {
  monotonicMs(): number
  wallMs(): number
  /** Runs `run` once after `ms`; the returned function cancels it. */
  after(ms: number, run: () => void): () => void
}
