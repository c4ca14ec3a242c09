// `npm run secrets`: everything is used with canaries for secrets, and everything written is
// searched for them. Ends with one JSON line, and with exit code 1 when one was found where it does
// not belong.

import { parseArgs } from 'node:util'
import { tellSummary } from '../trial-summary.ts'
import { secretsRun } from './secrets-run.ts'

const { values } = parseArgs({ options: { results: { type: 'string' } } })
const started = performance.now()
const { summary, violations } = await secretsRun()
for (const violation of violations) process.stderr.write(`${violation}\n`)
const seconds = Number(((performance.now() - started) / 1_000).toFixed(1))
tellSummary('secrets', { ...summary, violations: violations.length, seconds }, values.results)
process.exitCode = violations.length === 0 ? 0 : 1
