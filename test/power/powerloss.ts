// `npm run powerloss -- --images N --seed S --sales N --results FILE`: records a run of the real
// switch and boots what a power cut at any moment could have left of it; then the same with SQLite
// syncing as synchronous=NORMAL does, which must be found out. Ends with one JSON line.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { count, trialOptions } from '../trial-options.ts'
import { tellSummary } from '../trial-summary.ts'
import { checkCuts } from './cuts.ts'
import { recordedRun } from './recorded-run.ts'
import { compileShim, normalEnvironment } from './shim.ts'

const values = trialOptions(
  {
    name: 'powerloss',
    what: 'Boots what a power cut at any write could have left of a running switch.',
  },
  {
    images: count('that are booted', 5_000),
    seed: count('of all that is drawn', 1),
    sales: count('of the run that is cut', 100),
  },
)
const { seed, sales } = values
/** Images of the control; it ends when so many of them were bad. */
const CONTROL = { images: 2_000, enough: 20, sales: 40 }

const started = performance.now()
// The run starts `evs serve` as the program itself would be started.
process.argv[1] = new URL('../../evs.ts', import.meta.url).pathname
// Images in memory: what a sync costs is not measured here.
const memory = '/dev/shm'
const place = existsSync(memory) ? memory : tmpdir()
const folder = mkdtempSync(join(place, 'evs-power-'))
try {
  const library = compileShim(folder)
  const share = { number: 0, of: 1 }
  const run = await recordedRun({
    ...{ folder: join(folder, 'full'), library, sales, seed, environment: {} },
  })
  const found = await checkCuts(run, {
    ...{ folder, images: values.images, seed, enough: Infinity, share },
  })
  for (const problem of found.problems) process.stderr.write(`${problem}\n`)
  const normal = await recordedRun({
    ...{ folder: join(folder, 'normal'), library, sales: CONTROL.sales, seed },
    environment: normalEnvironment(),
  })
  const control = await checkCuts(normal, {
    ...{ folder, images: CONTROL.images, seed, enough: CONTROL.enough, share },
  })
  for (const problem of control.problems.slice(0, 3)) {
    process.stderr.write(`control, as it should: ${problem}\n`)
  }
  const { images, operations, syncs, cuts, promises } = found
  const seconds = Math.round((performance.now() - started) / 100) / 10
  const summary = {
    ...{ images, operations, syncs, cuts, promises, violations: found.bad },
    ...{ controlImages: control.images, controlViolations: control.bad },
    ...{ controlFails: control.bad > 0, seed, seconds },
  }
  tellSummary('powerloss', summary, values.results)
  process.exitCode = found.bad === 0 && summary.controlFails ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit()
