// How long answers took, as HDR histograms: from when a message was due, which counts what waited
// behind a stall as waiting, and from when its terminal came to it, which shows what the switch
// and the network took. [coordinated omission] Memory does not grow with the run.

import { build, type Histogram } from 'hdr-histogram-js'

export const WAIT_KINDS = ['sale', 'repeat', 'confirmation', 'reversal', 'other'] as const
export type WaitKind = (typeof WAIT_KINDS)[number]

export interface WaitRow {
  readonly kind: WaitKind
  readonly count: number
  readonly fromDue: Percentiles
  readonly fromTurn: Percentiles
}

export interface Percentiles {
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly mostMs: number
}

/** Microseconds up to an hour, to three digits. */
const RANGE = {
  lowestDiscernibleValue: 1,
  highestTrackableValue: 3_600_000_000,
  numberOfSignificantValueDigits: 3,
} as const

export class Waits {
  readonly #fromDue = new Map<WaitKind, Histogram>()
  readonly #fromTurn = new Map<WaitKind, Histogram>()
  /** From due to turn: the player itself, a terminal that was busy, a missing connection. */
  readonly #lateness = build(RANGE)
  /** Of sales since it was last asked for. */
  #recent = build(RANGE)

  note(kind: WaitKind, when: { dueMs: number; turnMs: number; nowMs: number }): void {
    const { dueMs, turnMs, nowMs } = when
    histogram(this.#fromDue, kind).recordValue(micros(nowMs - dueMs))
    histogram(this.#fromTurn, kind).recordValue(micros(nowMs - turnMs))
    this.#lateness.recordValue(micros(turnMs - dueMs))
    if (kind === 'sale') this.#recent.recordValue(micros(nowMs - dueMs))
  }

  rows(): WaitRow[] {
    return WAIT_KINDS.flatMap((kind) => {
      const fromDue = this.#fromDue.get(kind)
      const fromTurn = this.#fromTurn.get(kind)
      if (fromDue === undefined || fromTurn === undefined) return []
      const count = fromDue.totalCount
      return [{ kind, count, fromDue: percentiles(fromDue), fromTurn: percentiles(fromTurn) }]
    })
  }

  lateness(): Percentiles {
    return percentiles(this.#lateness)
  }

  takeRecent(): Percentiles {
    const recent = this.#recent
    this.#recent = build(RANGE)
    return percentiles(recent)
  }

  /** Of sales, in milliseconds from when they were due, as HdrHistogram's plotter reads it. */
  distribution(): string {
    return histogram(this.#fromDue, 'sale').outputPercentileDistribution(5, 1_000)
  }
}

function histogram(all: Map<WaitKind, Histogram>, kind: WaitKind): Histogram {
  let found = all.get(kind)
  if (found === undefined) {
    found = build(RANGE)
    all.set(kind, found)
  }
  return found
}

function micros(ms: number): number {
  return Math.min(RANGE.highestTrackableValue, Math.max(1, Math.round(ms * 1_000)))
}

function percentiles(of: Histogram): Percentiles {
  const at = (share: number): number => of.getValueAtPercentile(share) / 1_000
  return {
    ...{ p50Ms: at(50), p90Ms: at(90), p99Ms: at(99), p999Ms: at(99.9) },
    mostMs: of.maxValue / 1_000,
  }
}
