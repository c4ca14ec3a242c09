// How much one run of an input allocates. The input runs again and again between two readings of
// the heap without a collection in between: first a few times, then so often that the growth is
// large against what reading costs and small against the young generation. Heap and the memory of
// buffers both count; one reading of three may be disturbed by a collection.

import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const WANTED_BYTES = 400_000
const REPEATS_MOST = 1_000
const READINGS = 3

export class HeapMeter {
  readonly #collect: (how: { type: 'minor' }) => void

  constructor() {
    setFlagsFromString('--expose-gc')
    this.#collect = runInNewContext('gc') as (how: { type: 'minor' }) => void
  }

  /** Bytes of one run: the median of some readings, since noise adds and a late sweep takes. */
  async bytesPerRun(run: () => unknown): Promise<number> {
    await repeat(run, 3)
    const rough = Math.max(1, await this.#reading(run, 4))
    const repeats = Math.min(REPEATS_MOST, Math.max(1, Math.floor(WANTED_BYTES / rough)))
    const readings: number[] = []
    for (let i = 0; i < READINGS; i++) readings.push(await this.#reading(run, repeats))
    return readings.sort((a, b) => a - b)[READINGS >> 1] ?? 0
  }

  async #reading(run: () => unknown, repeats: number): Promise<number> {
    // Empties the young generation, which the readings then do not fill.
    this.#collect({ type: 'minor' })
    const before = inUse()
    await repeat(run, repeats)
    return (inUse() - before) / repeats
  }
}

async function repeat(run: () => unknown, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const given = run()
    if (given instanceof Promise) await given
  }
}

function inUse(): number {
  return getHeapStatistics().used_heap_size + process.memoryUsage().arrayBuffers
}
