// `npm run attack`: the checks of a running server and hostile clients, one after another on one
// switch. One JSON line for each check, and last `{"passed":N,"failed":N}`. `--quick` has shorter
// attacks; `--only ID` makes one check; with `--gateway` everything goes through a gateway.

import { flag, text, trialOptions } from '../trial-options.ts'
import { tellSummary } from '../trial-summary.ts'
import type { Check } from './check.ts'
import { HOSTILE_CHECKS } from './hostile-checks.ts'
import { AttackRig } from './rig.ts'
import { SERVER_CHECKS } from './server-checks.ts'
import { TLS_CHECKS } from './tls-checks.ts'
import { WIRE_CHECKS } from './wire-checks.ts'

const values = trialOptions(
  { name: 'attack', what: 'The checks of a running server, and hostile clients.' },
  {
    quick: flag('shorter attacks'),
    only: text('one check', 'ID'),
    gateway: flag('everything goes through a gateway'),
  },
)
const isQuick = values.quick
const checks = [...WIRE_CHECKS, ...TLS_CHECKS, ...HOSTILE_CHECKS, ...SERVER_CHECKS].filter(
  ({ id }) => values.only === undefined || values.only === id,
)
const rig = new AttackRig()
const counts = { passed: 0, failed: 0 }
try {
  await rig.open(values.gateway)
  for (const check of checks) await run(check)
} finally {
  await rig.close()
}
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1
tellSummary('attack', counts, values.results)

async function run({ id, what, run: attack }: Check): Promise<void> {
  const beganMs = performance.now()
  let passed = true
  let detail: string
  try {
    detail = await attack(rig, { isQuick })
  } catch (error) {
    passed = false
    detail = (error as Error).message
  }
  counts[passed ? 'passed' : 'failed']++
  const seconds = Number(((performance.now() - beganMs) / 1_000).toFixed(1))
  process.stdout.write(`${JSON.stringify({ check: id, what, passed, detail, seconds })}\n`)
}
