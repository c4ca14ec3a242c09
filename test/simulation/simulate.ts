// `npm run simulate -- --sales N --seed S`: seeds one after another, over several processes with
// `--jobs`. Ends with one JSON line, and with exit code 1 when a seed found a violation or did not
// take the same course twice. `--only S --verbose` shows one seed.

import { fork } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Coverage } from './covered/coverage.ts'
import { Progress } from './progress.ts'
import { runShare, type ShareOrder, type ShareResult, sumOf } from './share.ts'
import { firstStock } from './shop.ts'
import { sqliteStores } from './sqlite-sim-store.ts'

const { values } = parseArgs({
  options: {
    sales: { type: 'string', default: '10000' },
    seeds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    'sales-per-seed': { type: 'string', default: '150' },
    jobs: { type: 'string', default: '1' },
    'replay-every': { type: 'string', default: '25' },
    results: { type: 'string' },
    share: { type: 'string' },
  },
})

const perSeed = Number(values['sales-per-seed'])
const firstSeed = Number(values.seed)
const seeds = Number(values.seeds ?? Math.ceil(Number(values.sales) / perSeed))
const replayEvery = Number(values['replay-every'])

if (values.share === undefined) await main()
else await work(JSON.parse(values.share) as ShareOrder)

/** One process of several: tells its parent how far it is, and at last what it found. */
async function work(order: ShareOrder): Promise<void> {
  const newStore = await sqliteStores(firstStock())
  const result = await runShare(order, newStore, (done) => process.send?.({ done }))
  process.send?.({ result })
  process.disconnect?.()
}

async function main(): Promise<void> {
  const started = performance.now()
  const jobs = Math.min(Number(values.jobs), seeds)
  const shares = Array.from({ length: jobs }, (_, index) => ({
    ...{ firstSeed: firstSeed + index, step: jobs, endSeed: firstSeed + seeds },
    ...{ salesPerSeed: perSeed, replayEvery },
  }))
  const progress = new Progress(seeds)
  const results = await Promise.all(shares.map((share, at) => inProcess(share, at, progress)))
  report(results, (performance.now() - started) / 1_000)
}

function inProcess(share: ShareOrder, at: number, progress: Progress): Promise<ShareResult> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(import.meta.url), ['--share', JSON.stringify(share)])
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
  const covered = coverage.summary()
  for (const violation of sum.violations) process.stderr.write(`${violation}\n`)
  const { missingTransitions, missingCells, ...shares } = covered
  const summary = {
    ...{ sales: sum.sales, seeds, seed: firstSeed, salesPerSeed: perSeed },
    ...{ faults: sum.faults, crashes: sum.crashes, effects: sum.effects },
    violations: sum.violations.length,
    replayed: sum.replayed,
    replayable: sum.notReplayable === 0,
    ...shares,
    ...{ missingTransitions, missingCells },
    speedup: Math.round(sum.virtualMs / 1_000 / seconds),
    seconds: Number(seconds.toFixed(1)),
  }
  if (values.results !== undefined) {
    const line = {
      at: new Date().toISOString(),
      node: process.version,
      run: 'simulate',
      ...summary,
    }
    appendFileSync(values.results, `${JSON.stringify(line)}\n`)
  }
  process.stdout.write(`${JSON.stringify(summary)}\n`)
  process.exitCode = sum.violations.length === 0 && sum.notReplayable === 0 ? 0 : 1
}
