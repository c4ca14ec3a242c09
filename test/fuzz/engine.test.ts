// The detectors detect: a target with a planted fault is reported with its kind and a small input,
// one without is not, and the same seed makes the same inputs.

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { runSlice } from './engine.ts'
import { type FuzzTarget, Mismatch, type OpenTarget, type Outcome } from './target.ts'

class Expected extends Error {}

function planted(
  run: (input: Buffer) => Outcome | Promise<Outcome>,
  more: Partial<FuzzTarget> & Partial<Pick<OpenTarget, 'explain'>> = {},
): FuzzTarget {
  const { explain, ...about } = more
  return {
    ...{ name: 'planted', weight: 1, sliceRuns: 1_000, mostBytes: 256, floorBytes: 4_096 },
    open: () => ({
      seeds: [{ bytes: Buffer.from('0123456789abcdef') }],
      run,
      ...(explain === undefined ? {} : { explain }),
    }),
    ...about,
  }
}

/** True for one input in some hundreds. */
const isRare = (input: Buffer) => input.length > 3 && (input[3] ?? 0) >= 0xc0

const CLEAN = { throws: 0, slow: 0, allocations: 0, mismatches: 0, findings: [] }

describe('a target without a fault', () => {
  it('has no findings', async () => {
    const result = await runSlice(
      planted((input) => input.length),
      { runs: 20_000, seed: 1 },
    )
    expect(result).toMatchObject({ runs: 20_000, ...CLEAN })
    expect(result.outcomes).toBeGreaterThan(20)
    expect(result.corpus).toBe(result.outcomes + 1)
  })

  it('may throw its typed errors', async () => {
    const target = planted(
      (input) => {
        if (isRare(input)) throw new Expected('as agreed')
        return 0
      },
      { typedErrors: [Expected] },
    )
    expect(await runSlice(target, { runs: 20_000, seed: 1 })).toMatchObject(CLEAN)
  })
})

describe('a planted fault is found', () => {
  it('as a throw, counted each time, and its input is made small', async () => {
    const target = planted((input) => {
      if (isRare(input)) throw new TypeError('planted')
      return 0
    })
    const result = await runSlice(target, { runs: 20_000, seed: 1 })
    expect(result.throws).toBeGreaterThan(3)
    expect(result.findings).toHaveLength(1)
    const [finding] = result.findings
    expect(finding).toMatchObject({
      target: 'planted',
      seed: 1,
      kind: 'throw',
      hex: expect.stringMatching(/^303030[c-f][0-9a-f]$/),
    })
    expect(finding?.what).toMatch(/^TypeError: planted at engine\.test\.ts:\d+/)
  })

  it('as a throw of a promise, and of one that nobody awaits', async () => {
    const rejecting = planted(async (input) => {
      if (isRare(input)) throw new TypeError('planted')
      return 0
    })
    expect((await runSlice(rejecting, { runs: 2_000, seed: 1 })).throws).toBeGreaterThan(0)
    const stray = planted(async (input) => {
      if (isRare(input)) Promise.reject(new TypeError('planted'))
      await new Promise(setImmediate)
      return 0
    })
    expect((await runSlice(stray, { runs: 2_000, seed: 1 })).throws).toBeGreaterThan(0)
  })

  it('as a mismatch', async () => {
    const target = planted((input) => {
      if (isRare(input)) throw new Mismatch('another value')
      return 0
    })
    const result = await runSlice(target, { runs: 20_000, seed: 1 })
    expect(result.mismatches).toBeGreaterThan(3)
    expect(result.findings[0]).toMatchObject({ kind: 'mismatch', what: 'another value' })
  })

  it('as slow, when it is slow every time', async () => {
    const target = planted((input) => {
      if (isRare(input)) busy(8)
      return 0
    })
    const result = await runSlice(target, { runs: 1_500, seed: 3 })
    expect(result.slow).toBeGreaterThan(0)
    expect(result.findings[0]).toMatchObject({ kind: 'slow' })
  })

  it('but not as slow, when it was slow once only', async () => {
    let once = true
    const target = planted(() => {
      if (once) busy(8)
      once = false
      return 0
    })
    expect(await runSlice(target, { runs: 500, seed: 1 })).toMatchObject(CLEAN)
  })

  it('as an allocation above 64 times the input and the floor', async () => {
    const kept: unknown[] = []
    const hungry = (factor: number) =>
      planted((input) => {
        kept[0] = new Array(Math.floor((4_096 + 64 * input.length) * factor) >> 3).fill(1.5)
        return 0
      })
    const over = await runSlice(hungry(1.5), { runs: 60, seed: 1 })
    expect(over.allocations).toBe(1)
    expect(over.findings[0]?.kind).toBe('allocation')
    expect(await runSlice(hungry(0.5), { runs: 60, seed: 1 })).toMatchObject(CLEAN)
  })

  it('as an allocation of buffers too', async () => {
    // All are kept: one that is let go may be taken back between two readings.
    const kept: unknown[] = []
    const target = planted(() => {
      kept.push(Buffer.alloc(100_000))
      return 0
    })
    expect((await runSlice(target, { runs: 60, seed: 1 })).allocations).toBe(1)
  })

  it('as a read outside of the input', async () => {
    const explain = (input: Buffer) => String(Buffer.from(input.buffer, input.byteOffset - 1, 1)[0])
    const result = await runSlice(
      planted(() => 0, { explain }),
      { runs: 600, seed: 1 },
    )
    expect(result.mismatches).toBe(2)
    expect(result.findings[0]?.what).toContain('outside of the input')
  })
})

describe('a run', () => {
  const inputsOf = async (seed: number) => {
    const inputs: string[] = []
    const watch = (input: Buffer) => void inputs.push(input.toString('hex'))
    await runSlice(
      planted((input) => input.length),
      { runs: 500, seed, watch },
    )
    return createHash('sha256').update(inputs.join()).digest('hex')
  }

  it('of the same seed has the same inputs, and of another others', async () => {
    expect(await inputsOf(7)).toBe(await inputsOf(7))
    expect(await inputsOf(7)).not.toBe(await inputsOf(8))
  })

  it('tells each input before it runs', async () => {
    let told = 0
    const options = { runs: 300, seed: 1, watch: () => void told++ }
    await runSlice(
      planted(() => 0),
      options,
    )
    expect(told).toBe(300)
  })
})

function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
