// Orders cut into slices, and slices gone on with and added up.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { SliceResult } from './engine.ts'
import { appendResult, isDone, readResults, summaryOf } from './results.ts'
import { chosenTargets, planSlices } from './slices.ts'
import type { FuzzTarget } from './target.ts'
import { TARGETS } from './targets.ts'

const target = (name: string, weight: number, sliceRuns: number): FuzzTarget => {
  const open = () => ({ seeds: [], run: () => 0 })
  return { name, weight, sliceRuns, mostBytes: 1, floorBytes: 1, open }
}

describe('slices', () => {
  const targets = [target('a', 3, 100), target('b', 1, 1_000)]

  it('share the runs out by weight, each with a seed of its own', () => {
    expect(planSlices(targets, 400, 7)).toEqual([
      { target: 'a', runs: 100, seed: 7 },
      { target: 'a', runs: 100, seed: 8 },
      { target: 'a', runs: 100, seed: 9 },
      { target: 'b', runs: 100, seed: 7 },
    ])
  })

  it('have all the runs in sum, whatever the weights', () => {
    for (const runs of [1_000, 123_457, 100_000_000]) {
      const sum = planSlices(TARGETS, runs, 1).reduce((all, slice) => all + slice.runs, 0)
      expect(sum).toBeGreaterThanOrEqual(runs)
      expect(sum).toBeLessThanOrEqual(runs + TARGETS.length)
    }
  })

  it('are those of the targets that are named, also by the front of their names', () => {
    const names = (wanted: string) => chosenTargets(TARGETS, wanted).map(({ name }) => name)
    expect(names('all')).toHaveLength(TARGETS.length)
    expect(names('decode')).toHaveLength(5)
    expect(names('import,status')).toHaveLength(8)
    expect(names('decode-iso87binary')).toEqual(['decode-iso87binary'])
    expect(names('import-generic')).toEqual(['import-generic'])
    expect(names('nothing')).toEqual([])
  })
})

describe('results', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evs-fuzz-'))
  const file = join(folder, 'results.jsonl')
  const result = (change: Partial<SliceResult>): SliceResult => ({
    ...{ target: 'a', runs: 100, seed: 1, corpus: 5, outcomes: 4, blocks: 30, seconds: 2 },
    ...{ throws: 0, slow: 0, allocations: 0, mismatches: 0, findings: [] },
    ...change,
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('are kept in a file, a half line of a run that was killed apart', () => {
    writeFileSync(file, '{"target":"a","ru')
    appendResult(file, result({}))
    appendResult(file, result({ seed: 2 }))
    const read = readResults(file)
    expect(read.map(({ seed }) => seed)).toEqual([1, 2])
    expect(isDone(read, { target: 'a', runs: 100, seed: 2 })).toBe(true)
    expect(isDone(read, { target: 'a', runs: 100, seed: 3 })).toBe(false)
    expect(isDone(read, { target: 'a', runs: 99, seed: 2 })).toBe(false)
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(4)
  })

  it('add up', () => {
    const results = [result({}), result({ seed: 2, throws: 2, slow: 1 }), result({ target: 'b' })]
    expect(summaryOf('all', 1, results, 9)).toEqual({
      ...{ target: 'all', runs: 300, targets: { a: 200, b: 100 }, corpus: 15, blocks: 60 },
      ...{ throws: 2, slow: 1, allocations: 0, mismatches: 0, violations: 3 },
      ...{ runsPerSecond: 50, seed: 1, seconds: 9 },
    })
  })
})
