// Whose limit a rate was is told with it.

import { expect, it } from 'vitest'
import type { RunReport } from '../../bench/load/orders.ts'
import { isGeneratorBound } from '../../bench/relay-rounds.ts'

const run = (serverCpuShare: number, generatorCpuShare: number) =>
  ({ serverCpuShare, generatorCpuShare }) as RunReport

it('says that the generator was the limit where it had no time left and the server had', () => {
  expect(isGeneratorBound(run(0.6, 0.98))).toBe(true)
  expect(isGeneratorBound(run(0.97, 0.98))).toBe(false)
  expect(isGeneratorBound(run(0.97, 0.3))).toBe(false)
})
