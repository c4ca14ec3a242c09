// The judge of the trial of overload sees each thing that may not be.

import { describe, expect, it } from 'vitest'
import { type Figures, recoverySeconds, type StepFigures, violationsOf } from './judge.ts'

const GATE = { shedP99Ms: 100, rssMostMb: 400, inFlightMost: 2_000, recoverySeconds: 5 }

function step(times: number, goodputPerSecond: number, change: Partial<StepFigures> = {}) {
  return {
    ...{ times, offeredPerSecond: 100 * times, goodputPerSecond, acceptedP50Ms: 5 },
    ...{ acceptedP99Ms: 50, shed: 0, shedP99Ms: 3, silent: 0, codes: {}, inFlightMost: 9 },
    ...{ generatorCpuShare: 0.1, switchCpuShare: 0.3, generatorLatenessP99Ms: 2 },
    ...{ generatorWasTheLimit: false, ...change },
  }
}

const GOOD: Figures = {
  capacity: 100,
  steps: [step(0.5, 50), step(1, 100), step(2, 95), step(10, 85)],
  slowHost: { servedShare: 1 },
  silentHosts: [{ kind: 'standing', recoverySeconds: 2 }],
  ...{ storm: { servedShare: 1 }, honest: { servedShare: 1 } },
  ...{ expiredDebits: 0, unknownDebits: 0, shedReversals: 0, shedConfirmations: 0, shedRepeats: 0 },
  ...{ unansweredReversals: 0, unansweredConfirmations: 0, rssPeakMb: 200, inFlightMost: 300 },
  ...{ differences: [], broken: [] },
}

describe('the judge', () => {
  it('finds nothing in figures that are as they should be', () => {
    expect(violationsOf(GOOD, GATE)).toEqual([])
  })

  it.each<[string, Partial<Figures>]>([
    ['0.5 times', { steps: [step(0.5, 40), step(1, 100)] }],
    ['2 times', { steps: [step(1, 100), step(2, 89)] }],
    ['10 times', { steps: [step(1, 100), step(10, 79)] }],
    ['10 times: 96', { steps: [step(1, 100), step(10, 99, { shedP99Ms: 101 })] }],
    ['generator', { steps: [step(1, 100, { generatorWasTheLimit: true })] }],
    ['the peak', { steps: [step(2, 79), step(10, 79)] }],
    ['expiredDebits', { expiredDebits: 1 }],
    ['unknownDebits', { unknownDebits: 1 }],
    ['shedReversals', { shedReversals: 1 }],
    ['shedConfirmations', { shedConfirmations: 1 }],
    ['shedRepeats', { shedRepeats: 1 }],
    ['unansweredReversals', { unansweredReversals: 1 }],
    ['unansweredConfirmations', { unansweredConfirmations: 1 }],
    ['slow host', { slowHost: { servedShare: 0.9 } }],
    ['standing host', { silentHosts: [{ kind: 'standing', recoverySeconds: 6 }] }],
    ['storm', { storm: { servedShare: 0.98 } }],
    ['honest', { honest: { servedShare: 0.98 } }],
    ['memory', { rssPeakMb: 401 }],
    ['in flight', { inFlightMost: 2_001 }],
    ['a difference', { differences: ['a difference'] }],
    ['a broken promise', { broken: ['a broken promise'] }],
  ])('says: %s', (what, change) => {
    const found = violationsOf({ ...GOOD, ...change }, GATE)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(what)
  })
})

describe('the time to recover', () => {
  const sold = (...perSecond: number[]) =>
    perSecond.flatMap((count, second) =>
      Array.from({ length: count }, (_, n) => ({ dueMs: 5_000 + second * 1_000 + n })),
    )

  it('is up to the first second from which on all are served', () => {
    expect(recoverySeconds(sold(10, 10, 10, 10), 10, 5_000, 9_000)).toBe(0)
    expect(recoverySeconds(sold(0, 4, 10, 9), 10, 5_000, 9_000)).toBe(2)
    expect(recoverySeconds(sold(0, 10, 4, 10), 10, 5_000, 9_000)).toBe(3)
  })

  it('is longer than was looked at when sales are never served again', () => {
    expect(recoverySeconds(sold(10, 10, 10, 0), 10, 5_000, 9_000)).toBe(5)
    expect(recoverySeconds([], 10, 5_000, 9_000)).toBe(5)
  })
})
