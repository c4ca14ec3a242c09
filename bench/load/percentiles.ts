// How long answers took in an open loop, counted from when each sale was due, not from when the
// generator came to send it: what waits behind a stall is counted as waiting. What was due and has
// no answer at the end has waited at least until then. [coordinated omission]

export interface Waits {
  readonly count: number
  readonly unanswered: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly mostMs: number
}

/** `pendingDueMs`: when those were due that had no answer at `endMs`. */
export function waitsOf(
  answeredMs: readonly number[],
  pendingDueMs: readonly number[],
  endMs: number,
): Waits {
  const late = pendingDueMs.map((dueMs) => Math.max(0, endMs - dueMs))
  const sorted = Float64Array.from([...answeredMs, ...late]).sort()
  return {
    count: sorted.length,
    unanswered: late.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    p999Ms: quantile(sorted, 0.999),
    mostMs: quantile(sorted, 1),
  }
}

/** The value that this share of all is not above; 0 of nothing. `sorted` ascends. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = Math.max(0, Math.ceil(sorted.length * share) - 1)
  return rounded(sorted[place] ?? 0)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return rounded((low + high) / 2)
}

export function rounded(value: number): number {
  return Number(value.toPrecision(4))
}
