// A leak shows in the slope, a restart does not; and a metric that is gone is no silence.

import { expect, it } from 'vitest'
import { most, type Sample, sampleOf, settled, slopePerHour } from './samples.ts'

const METRICS = `# HELP process_open_fds Number of open file descriptors.
process_resident_memory_bytes 104857600
nodejs_heap_size_used_bytes 52428800
process_open_fds 41
nodejs_eventloop_lag_p99_seconds 0.0125
evs_reversals_open 3
evs_reversals_oldest_seconds 7.5
`
const SEEN = { seconds: 10, life: 1, logBytes: 2 << 20 }

function life(number: number, from: number, level: number, perHour: number): Sample[] {
  return Array.from({ length: 60 }, (_, n) => {
    const seconds = from + n * 10
    return { ...sampleOf(METRICS, SEEN), life: number, seconds, rssMb: level + (n * perHour) / 360 }
  })
}

it('reads a sample from the metrics of the switch', () => {
  expect(sampleOf(METRICS, SEEN)).toEqual({
    ...{ seconds: 10, life: 1, rssMb: 100, heapMb: 50, files: 41, loopDelayMs: 12.5, logMb: 2 },
    ...{ reversalsOpen: 3, oldestReversalSeconds: 7.5 },
  })
  expect(() => sampleOf(METRICS.replaceAll('open_fds', 'fds'), SEEN)).toThrow('process_open_fds')
})

it('finds the growth within lives, whatever the steps between them', () => {
  const samples = [...life(1, 0, 120, 6), ...life(2, 700, 90, 6), ...life(3, 1_400, 150, 6)]
  expect(slopePerHour(samples, ({ rssMb }) => rssMb)).toBeCloseTo(6)
  const flat = [...life(1, 0, 90, 0), ...life(2, 700, 150, 0)]
  expect(slopePerHour(flat, ({ rssMb }) => rssMb)).toBeCloseTo(0)
  expect(slopePerHour([], ({ rssMb }) => rssMb)).toBeUndefined()
})

it('leaves out the first minutes of each life', () => {
  const samples = [...life(1, 0, 120, 6), ...life(2, 700, 90, 6)]
  const kept = settled(samples, 180)
  expect(kept.map(({ seconds }) => seconds).filter((seconds) => seconds < 180)).toEqual([])
  expect(kept).toHaveLength(samples.length - 2 * 18)
})

it('tells the most of something', () => {
  expect(most(life(1, 0, 100, 36), ({ rssMb }) => rssMb)).toBeCloseTo(105.9)
  expect(most([], ({ rssMb }) => rssMb)).toBe(0)
})
