// Every target runs its own first inputs and some thousand made of them, and finds nothing: what
// the long runs do, in short. Inputs that once found a fault are run again here for good.

import { describe, expect, it } from 'vitest'
import { Dice } from './dice.ts'
import { runSlice } from './engine.ts'
import { TARGETS } from './targets.ts'

const named = (name: string) => {
  const found = TARGETS.find((target) => target.name === name)
  if (found === undefined) throw new Error(`no target ${name}`)
  return found
}

it('have names and shares of their own', () => {
  expect(new Set(TARGETS.map(({ name }) => name)).size).toBe(TARGETS.length)
  for (const { weight, sliceRuns } of TARGETS)
    expect(Math.min(weight, sliceRuns)).toBeGreaterThan(0)
})

describe.each(TARGETS)('$name', (target) => {
  it('takes its first inputs and some made of them', async () => {
    const open = await target.open(new Dice(1))
    expect(open.seeds.length).toBeGreaterThan(0)
    for (const { bytes } of open.seeds)
      await open.run(Buffer.from(bytes.subarray(0, target.mostBytes)))
    await open.close?.()
    const { findings } = await runSlice(target, { runs: 150, seed: 5 })
    // A busy machine may be slow; whether a target is belongs to the long runs.
    expect(findings.filter(({ kind }) => kind !== 'slow')).toEqual([])
  }, 60_000)
})

/** Found by the first runs; each has a unit test of its own beside the code that it mended. */
const FOUND = [
  ['encode', 'fc303030f4', 'a field beyond the table was left out'],
  ['vouchers', '30313030303030', 'ten vouchers of no length'],
  ['vouchers', `3030323038313230303030303030a0${'30'.repeat(32)}`, 'a serial padded with no space'],
  ['config', '2a30', 'an alias of nothing'],
  ['admin-bodies', '3030250a', 'an address that is none'],
] as const

describe('an input that once found a fault', () => {
  it.each(FOUND)('%s %s: %s', async (name, hex) => {
    const open = await named(name).open(new Dice(1))
    await expect((async () => open.run(Buffer.from(hex, 'hex')))()).resolves.toBeDefined()
    await open.close?.()
  })
})
