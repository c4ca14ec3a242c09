// `npm run diskfull -- --from N --to N --stride N --seed S --sales N --jobs J --results F`: every
// n-th operation on the disk fails under the real SQLite, and a real small file system fills up
// while the switch sells. Ends with one JSON line; a long run is taken up again by `--from`.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSwitch } from '../crash/built-switch.ts'
import { count, flag, trialOptions } from '../trial-options.ts'
import { tellSummary } from '../trial-summary.ts'
import { FAILURES, failingRun, makeShop, type Shop } from './failing-disk.ts'
import { compileShim } from './shim.ts'
import { smallDisk } from './small-disk.ts'

const values = trialOptions(
  {
    name: 'diskfull',
    what: 'The n-th operation on the disk fails, for every n; then a small file system fills up.',
  },
  {
    onlySmall: flag('the small file system only'),
    stride: count('every N-th operation', 1),
    from: count('the first operation that fails', 1),
    to: count('the last one (all)'),
    seed: count('of all that is drawn', 1),
    sales: count('of the run that is disturbed', 50),
    jobs: count('shops side by side', 1),
  },
)
const { seed, sales, stride, from } = values
const started = performance.now()
const folder = mkdtempSync(join(tmpdir(), 'evs-disk-'))
const built = buildSwitch()
const { program } = built
const total = { operations: 0, injected: 0, violations: 0, fatalExits: 0, to: from - 1 }
let small: object = {}
try {
  const { violations, ...figures } = await smallDisk({ folder, seed, program })
  report('on a small file system', violations)
  small = figures
  if (figures.skipped !== undefined) process.stderr.write(`${figures.skipped}\n`)
  if (!values.onlySmall) await everyOperation()
} finally {
  rmSync(folder, { recursive: true, force: true })
  built.remove()
}
const seconds = Math.round((performance.now() - started) / 100) / 10
const summary = { ...total, ...small, from, stride, sales, seed, seconds }
tellSummary('diskfull', summary, values.results)
const tried = total.injected > 0 || values.onlySmall
process.exit(total.violations === 0 && tried ? 0 : 1)

async function everyOperation(): Promise<void> {
  const library = compileShim(folder)
  const shops = Array.from({ length: values.jobs }, async (_, index) => {
    const own = join(folder, `shop-${index}`)
    mkdirSync(own)
    return await makeShop({ folder: own, library, program, seed })
  })
  const opened = await Promise.all(shops)
  const whole = await failingRun(opened[0] as Shop, { sales, at: 0, failure: 'full once' })
  report('with nothing failing', whole.violations)
  total.operations = whole.operations
  const last = Math.min(whole.operations, values.to ?? whole.operations)
  const places = Array.from(
    { length: Math.floor((last - from) / stride) + 1 },
    (_, index) => from + index * stride,
  )
  await Promise.all(opened.map((shop) => failAt(shop, places)))
  total.to = last
}

async function failAt(shop: Shop, places: number[]): Promise<void> {
  for (let at = places.shift(); at !== undefined; at = places.shift()) {
    // Over the strides of a whole run each place meets its own failure: no two neighbours alike.
    const failure = FAILURES[Math.floor((at - 1) / stride) % FAILURES.length] ?? 'full'
    const run = await failingRun(shop, { sales, at, failure })
    if (run.injected > 0) total.injected++
    if (run.fatal) total.fatalExits++
    report(`at operation ${at} (${failure})`, run.violations)
    if (at % 50 === 0) process.stderr.write(`operation ${at}\n`)
  }
}

function report(where: string, violations: readonly string[]): void {
  total.violations += violations.length
  for (const violation of violations) process.stderr.write(`${where}: ${violation}\n`)
}
