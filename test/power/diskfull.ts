// `npm run diskfull -- --stride N --seed S --sales N --results FILE`: every n-th operation on the
// disk fails under the real SQLite, and a real small file system fills up while the switch sells.
// Ends with one JSON line.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tellSummary } from '../trial-summary.ts'
import { FAILURES, failingRun, makeShop } from './failing-disk.ts'
import { compileShim } from './shim.ts'
import { smallDisk } from './small-disk.ts'

const { values } = parseArgs({
  options: {
    'only-small': { type: 'boolean', default: false },
    stride: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    sales: { type: 'string', default: '50' },
    results: { type: 'string' },
  },
})
const seed = Number(values.seed)
const sales = Number(values.sales)
const stride = Number(values.stride)
const started = performance.now()
const folder = mkdtempSync(join(tmpdir(), 'evs-disk-'))
let small: object = {}
const total = { operations: 0, injected: 0, violations: 0, fatalExits: 0 }
try {
  const { violations, ...figures } = await smallDisk({ folder, seed })
  report(0, 'small file system', violations)
  small = figures
  if (figures.skipped !== undefined) process.stderr.write(`${figures.skipped}\n`)
  if (!values['only-small']) await everyOperation()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const seconds = Math.round((performance.now() - started) / 100) / 10
tellSummary('diskfull', { ...total, ...small, seed, seconds }, values.results)
const tried = total.injected > 0 || values['only-small']
process.exit(total.violations === 0 && tried ? 0 : 1)

async function everyOperation(): Promise<void> {
  const shop = await makeShop({ folder, library: compileShim(folder), seed })
  const whole = await failingRun(shop, { sales, at: 0, failure: 'full once' })
  report(0, 'nothing', whole.violations)
  total.operations = whole.operations
  let turn = 0
  for (let at = Number(values.from); at <= whole.operations; at += stride) {
    const failure = FAILURES[turn++ % FAILURES.length] ?? 'full'
    const run = await failingRun(shop, { sales, at, failure })
    if (run.injected > 0) total.injected++
    if (run.fatal) total.fatalExits++
    report(at, failure, run.violations)
  }
}

function report(at: number, failure: string, violations: readonly string[]): void {
  total.violations += violations.length
  for (const violation of violations) {
    process.stderr.write(`operation ${at}, ${failure}: ${violation}\n`)
  }
}
