// `npm run simulate -- --seeds N --seed S --sales M`: seeded runs, one after another. Ends with one
// JSON line and with exit code 1 when a run found a violation.

import { parseArgs } from 'node:util'
import { simulate } from './simulation.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    sales: { type: 'string', default: '100' },
  },
})
const first = Number(values.seed)
const seeds = Number(values.seeds)
const sales = Number(values.sales)
const started = performance.now()
let violations = 0
let crashes = 0
let virtualMs = 0
let simulated = 0
const states: Record<string, number> = {}
for (let seed = first; seed < first + seeds; seed++) {
  const result = await simulate(seed, sales)
  crashes += result.crashes
  virtualMs += result.virtualMs
  for (const [state, n] of Object.entries(result.states)) {
    states[state] = (states[state] ?? 0) + n
    simulated += n
  }
  violations += result.violations.length
  for (const violation of result.violations) {
    process.stderr.write(`seed ${seed}: ${violation}\n`)
  }
}
const seconds = (performance.now() - started) / 1_000
const speedup = Math.round(virtualMs / 1_000 / seconds)
const summary = { sales: simulated, seeds, seed: first, crashes, violations, speedup, states }
process.stdout.write(`${JSON.stringify({ ...summary, seconds: Number(seconds.toFixed(1)) })}\n`)
process.exitCode = violations === 0 ? 0 : 1
