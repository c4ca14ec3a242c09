// How much one run of an input allocates. The input runs again and again between two readings of
// the heap without a collection in between: first a few times, then so often that the growth is
// large against what reading costs and small against the young generation. Heap and the memory of
// buffers both count; a reading that a collection disturbed shows a shrinking heap and is repeated.

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

  /** Bytes of one run: the least of some readings, since noise only adds. */
  async bytesPerRun(run: () => unknown): Promise<number> {
    await repeat(run, 3)
    const rough = Math.max(1, await this.#reading(run, 4))
    const repeats = Math.min(REPEATS_MOST, Math.max(1, Math.floor(WANTED_BYTES / rough)))
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < READINGS; i++) {
      const bytes = await this.#reading(run, repeats)
      if (bytes >= 0) least = Math.min(least, bytes)
    }
    return Number.isFinite(least) ? least : 0
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
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}
