// `npm run crash -- --kills N --seed S`: one long run under random kill -9. Ends with one JSON
// line, and with exit code 1 when the three sides do not agree.

import { parseArgs } from 'node:util'
import { crashRun } from './crash-run.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
  },
})
const seed = Number(values.seed)
const started = performance.now()
// The run starts `evs serve` as the program itself would be started.
process.argv[1] = new URL('../../evs.ts', import.meta.url).pathname
const result = await crashRun({ kills: Number(values.kills), seed })
for (const violation of result.violations) process.stderr.write(`${violation}\n`)
const seconds = Number(((performance.now() - started) / 1_000).toFixed(1))
const summary = { ...result, violations: result.violations.length, seed, seconds }
process.stdout.write(`${JSON.stringify(summary)}\n`)
process.exit(result.violations.length === 0 ? 0 : 1)
