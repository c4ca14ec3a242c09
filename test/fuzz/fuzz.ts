// `npm run fuzz -- --target T --runs N --seed S --jobs J --results FILE --crashes DIR`, and with
// `--summary` what a results file adds up to. `--input HEX` runs one input again. Ends with one
// JSON line and with exit code 1 when anything was found.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { count, flag, text, trialOptions } from '../trial-options.ts'
import { Dice } from './dice.ts'
import type { SliceResult } from './engine.ts'
import type { Finding } from './findings.ts'
import { appendResult, isDone, readResults, summaryOf } from './results.ts'
import { runInThread } from './run-slice.ts'
import { chosenTargets, type PlannedSlice, planSlices } from './slices.ts'
import { TARGETS } from './targets.ts'

const values = trialOptions(
  { name: 'fuzz', what: 'Random and damaged input for every reader of bytes.' },
  {
    target: text('one target, or several that begin alike (all)', 'NAME'),
    runs: count('of each target', 1_000_000),
    seed: count('of all that is drawn', 1),
    jobs: count('threads side by side', 1),
    crashes: text('keeps inputs that were found in this folder', 'FOLDER'),
    summary: flag('only adds up what --results has'),
    input: text('runs this input once in each target', 'HEX'),
  },
)
const started = performance.now()
const { seed, target = 'all' } = values
const targets = chosenTargets(TARGETS, target)
if (targets.length === 0) {
  process.stderr.write(`no target ${target}: ${TARGETS.map(({ name }) => name).join(' ')}\n`)
  process.exit(2)
}
if (values.input !== undefined) await runAgain(values.input)
else await runAll()

/** The same input in each chosen target; an exception shows itself in full. */
async function runAgain(hex: string): Promise<void> {
  for (const target of targets) {
    const open = await target.open(new Dice(seed))
    process.stdout.write(`${target.name}: ${await open.run(Buffer.from(hex, 'hex'))}\n`)
    await open.close?.()
  }
}

async function runAll(): Promise<void> {
  const done = values.results === undefined ? [] : readResults(values.results)
  const plan = values.summary ? [] : planSlices(targets, values.runs, seed)
  const open = plan.filter((slice) => !isDone(done, slice))
  // A summary adds up the whole file; a run only what it was asked for.
  const results = done.filter(({ target, runs, seed: ofSeed }) =>
    values.summary
      ? targets.some(({ name }) => name === target)
      : plan.some((one) => one.target === target && one.runs === runs && one.seed === ofSeed),
  )
  const next = async (): Promise<void> => {
    for (let slice = open.shift(); slice !== undefined; slice = open.shift()) {
      results.push(await runOne(slice))
    }
  }
  await Promise.all(Array.from({ length: values.jobs }, next))
  const seconds = (performance.now() - started) / 1_000
  const summary = summaryOf(target, seed, results, seconds)
  process.stdout.write(`${JSON.stringify(summary)}\n`)
  process.exitCode = summary.violations === 0 ? 0 : 1
}

async function runOne(slice: PlannedSlice): Promise<SliceResult> {
  const mostBytes = Math.max(...targets.map((target) => target.mostBytes))
  const thread = new URL('./slice-thread.ts', import.meta.url)
  const result = await runInThread(slice, { thread, mostBytes })
  const perSecond = Math.round(result.runs / result.seconds)
  process.stderr.write(
    `${slice.target} seed ${slice.seed}: ${result.runs} runs, ${perSecond} a second, ` +
      `${result.corpus} inputs kept, ${result.findings.length} findings\n`,
  )
  for (const finding of result.findings) tell(finding)
  if (values.results !== undefined) appendResult(values.results, result)
  return result
}

/** Inputs are synthetic: nothing in them is a secret. */
function tell(finding: Finding): void {
  const { target, seed: ofSeed, kind, what, hex } = finding
  process.stderr.write(`  ${kind}: ${what}\n  --target ${target} --seed ${ofSeed} --input ${hex}\n`)
  if (values.crashes === undefined) return
  mkdirSync(values.crashes, { recursive: true })
  const name = `${target}-${ofSeed}-${kind}-${hex.slice(0, 24)}.json`
  writeFileSync(join(values.crashes, name), `${JSON.stringify(finding, null, 2)}\n`)
}
