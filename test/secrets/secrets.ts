// `npm run secrets`: everything is used with canaries for secrets, and everything written is
// searched for them. Ends with one JSON line, and with exit code 1 when one was found where it does
// not belong.

import { trialOptions } from '../trial-options.ts'
import { tellSummary } from '../trial-summary.ts'
import { secretsRun } from './secrets-run.ts'

const values = trialOptions(
  {
    name: 'secrets',
    what: 'Searches all that the switch wrote for the secrets that went through it.',
  },
  {},
)
const started = performance.now()
const { summary, violations } = await secretsRun()
for (const violation of violations) process.stderr.write(`${violation}\n`)
const seconds = Number(((performance.now() - started) / 1_000).toFixed(1))
tellSummary('secrets', { ...summary, violations: violations.length, seconds }, values.results)
process.exitCode = violations.length === 0 ? 0 : 1
