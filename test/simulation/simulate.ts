// `npm run simulate -- --sales N --seed S`: seeds one after another, over several processes with
// `--jobs`. Ends with one JSON line, and with exit code 1 when a seed found a violation or did not
// take the same course twice. `--planted` looks for deliberate defects instead.

import { fork } from 'node:child_process'
import { count, flag, text, trialOptions } from '../trial-options.ts'
import { tellSummary } from '../trial-summary.ts'
import { Coverage } from './covered/coverage.ts'
import { Progress } from './progress.ts'
import { runShare, type ShareOrder, type ShareResult, sumOf } from './share.ts'
import { firstStock } from './shop.ts'
import { sqliteStores } from './sqlite-sim-store.ts'

const values = trialOptions(
  {
    name: 'simulate',
    what: 'The shipped wiring on a clock, links and a store of the simulation, seed by seed.',
  },
  {
    sales: count('begun in all, at least', 10_000),
    seeds: count('how many, in place of --sales'),
    seed: count('the first one', 1),
    salesPerSeed: count('begun in each seed', 150),
    jobs: count('processes side by side', 1),
    replayEvery: count('runs every N-th seed twice; 0 for none', 25),
    untilViolation: flag('ends with the first violation'),
    planted: flag('plants deliberate defects, which must be found'),
    only: text('one defect', 'NAME'),
    share: text('internal: the share of one of the processes', 'JSON'),
  },
)

/** Within so many seeds each planted defect must be found. */
const PLANTED_SEEDS = 600

/** Nearly everything dies young: the larger its space, the less of it is copied. */
const YOUNG_SPACE = '--max-semi-space-size=64'

const { salesPerSeed: perSeed, seed: firstSeed, jobs } = values

if (values.share !== undefined) await work(JSON.parse(values.share) as ShareOrder)
else if (values.planted) await plant()
else await simulate(values.seeds ?? Math.ceil(values.sales / perSeed))

/** One process of several: tells its parent how far it is, and at last what it found. */
async function work(order: ShareOrder): Promise<void> {
  // Nobody listens any more: an orderly exit takes the files in memory away.
  for (const end of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(end, () => process.exit())
  const newStore = await sqliteStores(firstStock())
  const result = await runShare(order, newStore, (done) => process.send?.({ done }))
  process.send?.({ result })
  process.disconnect?.()
}

/** Deliberate defects, one at a time: every one must be found. */
async function plant(): Promise<void> {
  const { plantAll } = await import('../planted/plant-all.ts')
  const seeds = values.seeds ?? PLANTED_SEEDS
  const summary = await plantAll({ seeds, jobs, only: values.only })
  tellSummary('simulate', summary, values.results)
  process.exitCode = summary.caught === summary.planted ? 0 : 1
}

async function simulate(seeds: number): Promise<void> {
  const started = performance.now()
  const progress = new Progress(seeds)
  const count = Math.min(jobs, seeds)
  const shares = Array.from({ length: count }, (_, index) => ({
    ...{ firstSeed: firstSeed + index, step: count, endSeed: firstSeed + seeds },
    ...{ salesPerSeed: perSeed, replayEvery: values.replayEvery },
    untilViolation: values.untilViolation,
  }))
  const results = await Promise.all(shares.map((share, at) => inProcess(share, at, progress)))
  report(results, (performance.now() - started) / 1_000)
}

function inProcess(share: ShareOrder, at: number, progress: Progress): Promise<ShareResult> {
  return new Promise((resolve, reject) => {
    const execArgv = [...process.execArgv, YOUNG_SPACE]
    const child = fork(new URL(import.meta.url), ['--share', JSON.stringify(share)], { execArgv })
    let result: ShareResult | undefined
    child.on('message', (message: { done?: number; result?: ShareResult }) => {
      if (message.done !== undefined) progress.done(at, message.done)
      result = message.result ?? result
    })
    child.on('exit', (code) => {
      if (result === undefined) reject(new Error(`a process ended with ${code}`))
      else resolve(result)
    })
  })
}

function report(results: readonly ShareResult[], seconds: number): void {
  const sum = sumOf(results)
  const coverage = new Coverage()
  for (const { figures } of results) coverage.merge(figures)
  for (const violation of sum.violations) process.stderr.write(`${violation}\n`)
  const summary = {
    ...{ sales: sum.sales, seeds: sum.seeds, seed: firstSeed, salesPerSeed: perSeed },
    ...{ faults: sum.faults, crashes: sum.crashes, effects: sum.effects },
    limitRefusals: sum.limitRefusals,
    ...{ logons: sum.logons, macRefusals: sum.macRefusals },
    violations: sum.violations.length,
    replayed: sum.replayed,
    replayable: sum.notReplayable === 0,
    ...coverage.summary(),
    virtualDays: Math.round(sum.virtualMs / 86_400_000),
    speedup: Math.round(sum.virtualMs / 1_000 / seconds),
    seconds: Number(seconds.toFixed(1)),
  }
  tellSummary('simulate', summary, values.results)
  process.exitCode = sum.violations.length === 0 ? 0 : 1
}
