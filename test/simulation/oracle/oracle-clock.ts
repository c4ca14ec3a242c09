// The clocks that the oracle reads: those of the simulated world.
// It never sets them.

export interface OracleClock {
  monotonicMs(): number
  wallMs(): number
}
