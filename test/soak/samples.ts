// What is measured while the switch runs for hours, and what it adds up to: how memory grows within
// the lives of its processes, and the most of everything that must stay small.

export interface Sample {
  /** Since the trial began. */
  readonly seconds: number
  /** Number of the process, counted from the first start. */
  readonly life: number
  readonly rssMb: number
  readonly heapMb: number
  readonly files: number
  /** 99th percentile of the event loop's delay since the sample before. */
  readonly loopDelayMs: number
  readonly logMb: number
  readonly reversalsOpen: number
  readonly oldestReversalSeconds: number
}

const NAMES = {
  rss: 'process_resident_memory_bytes',
  heap: 'nodejs_heap_size_used_bytes',
  files: 'process_open_fds',
  loop: 'nodejs_eventloop_lag_p99_seconds',
  open: 'evs_reversals_open',
  oldest: 'evs_reversals_oldest_seconds',
} as const

const MB = 1 << 20

/** From the text of `/metrics`; throws when one is missing, for then nothing is watched. */
export function sampleOf(
  metrics: string,
  seen: { readonly seconds: number; readonly life: number; readonly logBytes: number },
): Sample {
  const of = (name: string): number => {
    const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)
    if (found === null) throw new Error(`no metric ${name}`)
    return Number(found[1])
  }
  return {
    ...{ seconds: seen.seconds, life: seen.life, logMb: seen.logBytes / MB },
    ...{ rssMb: of(NAMES.rss) / MB, heapMb: of(NAMES.heap) / MB, files: of(NAMES.files) },
    ...{ loopDelayMs: of(NAMES.loop) * 1_000, reversalsOpen: of(NAMES.open) },
    oldestReversalSeconds: of(NAMES.oldest),
  }
}

/** A process's first minutes are not counted: caches and compiled code still grow. */
const WARM_UP_SECONDS = 180

/** Those of each life after its warm-up. */
export function settled(samples: readonly Sample[], warmUp = WARM_UP_SECONDS): Sample[] {
  const starts = new Map<number, number>()
  return samples.filter(({ life, seconds }) => {
    const start = starts.get(life) ?? seconds
    starts.set(life, start)
    return seconds - start >= warmUp
  })
}

/** Growth per hour by least squares within each life: a restart's step does not count. */
export function slopePerHour(
  samples: readonly Sample[],
  value: (sample: Sample) => number,
): number | undefined {
  const lives = byLife(samples)
  let [products, squares] = [0, 0]
  for (const those of lives.values()) {
    const middle = mean(those.map(({ seconds }) => seconds))
    const level = mean(those.map(value))
    for (const sample of those) {
      products += (sample.seconds - middle) * (value(sample) - level)
      squares += (sample.seconds - middle) ** 2
    }
  }
  return squares === 0 ? undefined : (products / squares) * 3_600
}

function byLife(samples: readonly Sample[]): Map<number, Sample[]> {
  const lives = new Map<number, Sample[]>()
  for (const sample of samples) {
    const those = lives.get(sample.life)
    if (those === undefined) lives.set(sample.life, [sample])
    else those.push(sample)
  }
  return lives
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export function most(samples: readonly Sample[], value: (sample: Sample) => number): number {
  return samples.reduce((high, sample) => Math.max(high, value(sample)), 0)
}
