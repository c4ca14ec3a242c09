// `npm run soak -- --hours H --rate R --kill-minutes M --restart-minutes M --seed S --samples FILE
// --results FILE`: the real switch under mixed load and trouble for so long. Ends with one JSON
// line, and with exit code 1 when the three sides differ or something grows that must not.

import { appendFileSync, writeFileSync } from 'node:fs'
import { buildSwitch } from '../crash/built-switch.ts'
import { amount, count, text, trialOptions } from '../trial-options.ts'
import { tellSummary } from '../trial-summary.ts'
import { most, type Sample, settled, slopePerHour } from './samples.ts'
import { type SoakResult, soakRun } from './soak-run.ts'

const values = trialOptions(
  { name: 'soak', what: 'The real switch under mixed load, kills and cut links for so long.' },
  {
    hours: amount('how long', 0.5),
    rate: amount('sales that are begun a second', 20),
    killMinutes: amount('between two kills', 10),
    restartMinutes: amount('between two orderly stops', 15),
    samples: text('writes what is measured to this file, a line every five seconds', 'FILE'),
    seed: count('of all that is drawn', 1),
  },
)

/** Cut links to the card host are refusals too. */
const DECLINED_MOST = 0.3
/** Above these something has gone wrong, whatever the load of the machine. */
const MOST = { logMb: 64, filesGrown: 30, oldestReversalSeconds: 120, rssMb: 1_024 }
/** Shorter than this, caches that fill are not told from a leak: the slope is only shown. */
const JUDGED_SECONDS = 6 * 3_600
const SLOPE_MB_PER_HOUR = 0.5

const { hours, seed, samples: file } = values
if (file !== undefined) writeFileSync(file, '')
const started = performance.now()
const built = buildSwitch()
try {
  let told = 0
  const result = await soakRun({
    ...{ seconds: hours * 3_600, seed, program: built.program },
    ...{ salesPerSecond: values.rate, killSeconds: values.killMinutes * 60 },
    restartSeconds: values.restartMinutes * 60,
    progress: (sample, outcomes) => {
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(sample)}\n`)
      if (sample.seconds - told < 60) return
      told = sample.seconds
      const { sold = 0 } = outcomes
      const minutes = Math.round(sample.seconds / 60)
      process.stderr.write(`${minutes} min: ${sold} sold, ${Math.round(sample.rssMb)} MB\n`)
    },
  })
  report(result)
} finally {
  built.remove()
}

function report({ samples, troubles, outcomes, differences, ...counts }: SoakResult): void {
  const steady = settled(samples)
  const slope = slopePerHour(steady, ({ rssMb }) => rssMb)
  const heapSlope = slopePerHour(steady, ({ heapMb }) => heapMb)
  const isJudged = hours * 3_600 >= JUDGED_SECONDS
  const violations = [...differences, ...grown(samples, steady), ...unsold(outcomes)]
  if (isJudged && (slope ?? 0) > SLOPE_MB_PER_HOUR) violations.push(`${slope} MB/h of growth`)
  for (const violation of violations) process.stderr.write(`${violation}\n`)
  const { sold = 0 } = outcomes
  const summary = {
    ...{ hours, sales: sold, outcomes, troubles, receipts: counts.receipts },
    ...{ rssSlopeMbPerHour: tidy(slope), heapSlopeMbPerHour: tidy(heapSlope), isJudged },
    ...{ steadySamples: steady.length, rssMaxMb: tidy(most(samples, ({ rssMb }) => rssMb)) },
    filesMax: most(samples, ({ files }) => files),
    loopDelayP99Ms: tidy(percentile(samples, ({ loopDelayMs }) => loopDelayMs)),
    loopDelayMaxMs: tidy(most(samples, ({ loopDelayMs }) => loopDelayMs)),
    logMaxMb: tidy(most(samples, ({ logMb }) => logMb)),
    ...{ journalRecords: counts.journalRecords, databaseMb: tidy(counts.databaseMb) },
    oldestReversalS: tidy(most(samples, ({ oldestReversalSeconds }) => oldestReversalSeconds)),
    ...{ reconciliationDifferences: differences.length, violations: violations.length },
    ...{ seed, seconds: tidy((performance.now() - started) / 1_000) },
  }
  tellSummary('soak', summary, values.results)
  process.exitCode = violations.length === 0 && sold > 0 ? 0 : 1
}

function grown(samples: readonly Sample[], steady: readonly Sample[]): string[] {
  const found: string[] = []
  const above = (what: keyof Sample, limit: number): void => {
    const high = most(samples, (sample) => sample[what])
    if (high > limit) found.push(`${what} was ${high}, more than ${limit}`)
  }
  above('logMb', MOST.logMb)
  above('rssMb', MOST.rssMb)
  above('oldestReversalSeconds', MOST.oldestReversalSeconds)
  const files = steady.map((sample) => sample.files)
  const growth = Math.max(0, ...files) - Math.min(...files)
  if (growth > MOST.filesGrown) found.push(`open files grew by ${growth}`)
  return found
}

/** The card host declines a twentieth; when much more is declined, the trial sells too little. */
function unsold({ sold = 0, declined = 0 }: SoakResult['outcomes']): string[] {
  const share = declined / (sold + declined)
  return share > DECLINED_MOST ? [`${Math.round(share * 100)} % of the sales were declined`] : []
}

/** The 99th percentile of the samples. */
function percentile(samples: readonly Sample[], value: (sample: Sample) => number): number {
  const sorted = samples.map(value).sort((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0
}

function tidy(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(2))
}
