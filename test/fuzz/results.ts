// Results of slices as JSON lines in a file, read back to go on and to add up, and the final object
// of a run. A slice that stands in the file is not run again.

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { SliceResult } from './engine.ts'
import { noCounts, violationsOf } from './findings.ts'
import type { PlannedSlice } from './slices.ts'

export function readResults(file: string): SliceResult[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as SliceResult]
    } catch {
      // The last line of a run that was killed while it wrote.
      return []
    }
  })
}

export function appendResult(file: string, result: SliceResult): void {
  // A line of its own even after a half line.
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const start = text === '' || text.endsWith('\n') ? '' : '\n'
  appendFileSync(file, `${start}${JSON.stringify(result)}\n`)
}

export function isDone(
  done: readonly SliceResult[],
  { target, runs, seed }: PlannedSlice,
): boolean {
  return done.some((one) => one.target === target && one.runs === runs && one.seed === seed)
}

export function summaryOf(
  target: string,
  seed: number,
  results: readonly SliceResult[],
  seconds: number,
) {
  const counts = noCounts()
  const targets: Record<string, number> = {}
  let [runs, corpus, busy] = [0, 0, 0]
  const blocks = new Map<string, number>()
  for (const result of results) {
    runs += result.runs
    corpus += result.corpus
    busy += result.seconds
    targets[result.target] = (targets[result.target] ?? 0) + result.runs
    blocks.set(result.target, Math.max(blocks.get(result.target) ?? 0, result.blocks ?? 0))
    for (const kind of ['throws', 'slow', 'allocations', 'mismatches'] as const) {
      counts[kind] += result[kind]
    }
  }
  return {
    ...{ target, runs, targets, corpus },
    blocks: [...blocks.values()].reduce((sum, one) => sum + one, 0) || null,
    ...counts,
    violations: violationsOf(counts),
    runsPerSecond: busy > 0 ? Math.round(runs / busy) : 0,
    ...{ seed, seconds: Number(seconds.toFixed(1)) },
  }
}
