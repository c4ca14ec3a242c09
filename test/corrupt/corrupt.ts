// `npm run corrupt -- --mutations N --seed S`: damage to a store, each either detected or harmless.
// Ends with one JSON line, and with exit code 1 when one was silent or ended in an unplanned error.

import { count, trialOptions } from '../trial-options.ts'
import { tellSummary } from '../trial-summary.ts'
import { damageBackups } from './backups.ts'
import { corruptRun } from './corrupt-run.ts'

const values = trialOptions(
  { name: 'corrupt', what: 'Damage to a store, each either detected or harmless.' },
  {
    mutations: count('how many', 500),
    seed: count('of all that is drawn', 1),
  },
)
const { seed } = values
const started = performance.now()
let toldMs = started
const { byVerdict, ...result } = await corruptRun({
  mutations: values.mutations,
  seed,
  progress: (done) => {
    if (performance.now() - toldMs < 10_000) return
    toldMs = performance.now()
    process.stderr.write(`${done} of ${values.mutations}\n`)
  },
})
const backups = await damageBackups(Math.ceil(values.mutations / 50), seed)
const violations = [...result.violations, ...backups.violations]
for (const violation of violations) process.stderr.write(`${violation}\n`)
const summary = {
  mutations: result.mutations,
  distinct: result.distinct,
  refusedAtStart: byVerdict['refused at the start'],
  detectedByVerify: byVerdict['found by the verifier'],
  detectedInUse: byVerdict['noticed in use'],
  harmless: byVerdict.harmless,
  silent: byVerdict.silent,
  untyped: byVerdict.untyped,
  backups: { damaged: backups.damaged, refused: backups.refused },
  olderCopies: { ...result.olderCopies, violations: result.olderCopies.violations.length },
  openedWhole: result.openedWhole,
  violations: violations.length,
  byImage: result.byImage,
  byKind: result.byKind,
  seed,
  seconds: Number(((performance.now() - started) / 1_000).toFixed(1)),
}
tellSummary('corrupt', summary, values.results)
process.exitCode = violations.length === 0 ? 0 : 1
