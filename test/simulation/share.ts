// A share of a simulation's seeds in one process, and the sum of several. Every seed is a turn of
// the event loop, so that a rejection nobody handled is told before the next begins.

import { Coverage, type CoverageFigures } from './covered/coverage.ts'
import { type SeedResult, simulateSeed } from './simulation.ts'
import type { SimStore } from './sqlite-sim-store.ts'

export interface ShareOrder {
  readonly firstSeed: number
  readonly step: number
  /** The first that is not run. */
  readonly endSeed: number
  readonly salesPerSeed: number
  /** Every so many seeds one is run twice, and must take the same course; 0 for none. */
  readonly replayEvery: number
  /** Ends with the first seed that has one. */
  readonly untilViolation: boolean
}

export interface ShareResult {
  readonly seeds: number
  readonly sales: number
  readonly faults: number
  readonly crashes: number
  readonly effects: number
  readonly virtualMs: number
  readonly limitRefusals: number
  readonly logons: number
  readonly macRefusals: number
  readonly replayed: number
  readonly notReplayable: number
  readonly violations: readonly string[]
  readonly figures: CoverageFigures
}

const VIOLATIONS_MOST = 100

export async function runShare(
  order: ShareOrder,
  newStore: () => SimStore,
  progress: (done: number) => void,
): Promise<ShareResult> {
  const coverage = new Coverage()
  const sum = emptySum()
  const bugs: string[] = []
  const onBug = (error: unknown) => bugs.push((error as Error).stack ?? String(error))
  process.on('uncaughtException', onBug)
  process.on('unhandledRejection', onBug)
  for (let seed = order.firstSeed; seed < order.endSeed; seed += order.step) {
    const options = { seed, sales: order.salesPerSeed, newStore }
    const result = await inTurn(() => simulateSeed({ ...options, coverage }))
    add(sum, result)
    for (const bug of bugs.splice(0)) note(sum, seed, `our bug: ${bug}`)
    if (order.replayEvery > 0 && sum.seeds % order.replayEvery === 0) {
      const again = await inTurn(() => simulateSeed(options))
      sum.replayed++
      if (again.trace !== result.trace) {
        sum.notReplayable++
        note(sum, seed, 'took another course the second time')
      }
    }
    sum.seeds++
    progress(sum.seeds)
    const most = order.untilViolation ? 1 : VIOLATIONS_MOST
    if (sum.violations.length >= most) break
  }
  process.off('uncaughtException', onBug)
  process.off('unhandledRejection', onBug)
  return { ...sum, figures: coverage.figures() }
}

/** The loop of a simulation is synchronous and stands outside of any promise. */
function inTurn(run: () => SeedResult): Promise<SeedResult> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(run())
      } catch (error) {
        reject(error as Error)
      }
    })
  })
}

type Sum = { -readonly [Key in keyof Omit<ShareResult, 'figures' | 'violations'>]: number } & {
  violations: string[]
}

function emptySum(): Sum {
  return {
    ...{ seeds: 0, sales: 0, faults: 0, crashes: 0, effects: 0, virtualMs: 0 },
    ...{ limitRefusals: 0, logons: 0, macRefusals: 0 },
    ...{ replayed: 0, notReplayable: 0, violations: [] },
  }
}

function add(sum: Sum, result: SeedResult): void {
  sum.sales += result.sales
  sum.faults += result.faults
  sum.crashes += result.crashes
  sum.effects += result.effects
  sum.virtualMs += result.virtualMs
  sum.limitRefusals += result.limitRefusals
  sum.logons += result.logons
  sum.macRefusals += result.macRefusals
  for (const violation of result.violations) note(sum, result.seed, violation)
}

function note(sum: Sum, seed: number, what: string): void {
  sum.violations.push(`seed ${seed}: ${what}`)
}

export function sumOf(results: readonly ShareResult[]): Sum {
  const sum = emptySum()
  for (const result of results) {
    const { violations, figures, ...numbers } = result
    for (const [key, value] of Object.entries(numbers)) sum[key as keyof typeof numbers] += value
    sum.violations.push(...violations)
  }
  return sum
}
