#!/usr/bin/env node
// Runs the steps of `npm test` one after another, times each, and stops at the first that fails.
// `node scripts/test.mjs check` runs the group `check` only. Its last line is `N passed, N failed`:
// the tests of the vitest steps, and one for each other step. It decides nothing else.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `project` marks a step of vitest; its tests are counted one by one. */
const STEPS = [
  { name: 'types', group: 'check', run: ['npm', 'run', '-s', 'check:types'] },
  { name: 'lint', group: 'check', run: ['npm', 'run', '-s', 'check:lint'] },
  { name: 'imports', group: 'check', run: ['npm', 'run', '-s', 'check:imports'] },
  { name: 'dead code', group: 'check', run: ['npm', 'run', '-s', 'check:dead'] },
  { name: 'unit tests', group: 'check', project: 'unit' },
  { name: 'integration tests', group: 'integration', project: 'integration' },
  {
    name: 'simulation',
    group: 'trials',
    run: ['npm', 'run', '-s', 'simulate', '--', '--seeds', '300', '--jobs', '2'],
  },
  {
    name: 'planted defects',
    group: 'trials',
    run: ['npm', 'run', '-s', 'simulate', '--', '--planted', '--jobs', '2'],
  },
  {
    name: 'small worlds',
    group: 'trials',
    run: ['npm', 'run', '-s', 'explore', '--', '--states', '270000'],
  },
  { name: 'secrets', group: 'trials', run: ['npm', 'run', '-s', 'secrets'] },
  { name: 'corruption', group: 'trials', run: ['npm', 'run', '-s', 'corrupt'] },
  {
    name: 'kill -9',
    group: 'trials',
    run: ['npm', 'run', '-s', 'crash', '--', '--labels', '--kills', '10'],
  },
  {
    name: 'power loss',
    group: 'trials',
    run: ['npm', 'run', '-s', 'powerloss', '--', '--images', '1000', '--sales', '60'],
  },
  {
    name: 'disk full',
    group: 'trials',
    run: ['npm', 'run', '-s', 'diskfull', '--', '--sales', '20', '--stride', '80', '--jobs', '2'],
  },
  {
    name: 'soak',
    group: 'trials',
    run: ['npm', 'run', '-s', 'soak', '--', '--hours', '0.015', '--kill-minutes', '0.4'],
  },
  {
    name: 'overload',
    group: 'trials',
    run: ['npm', 'run', '-s', 'overload', '--', '--quick'],
  },
  { name: 'attacks', group: 'trials', run: ['npm', 'run', '-s', 'attack', '--', '--quick'] },
  {
    name: 'attacks through a gateway',
    group: 'trials',
    run: ['npm', 'run', '-s', 'attack', '--', '--quick', '--gateway'],
  },
  {
    name: 'fuzzing',
    group: 'trials',
    run: ['npm', 'run', '-s', 'fuzz', '--', '--runs', '3000000', '--jobs', '2'],
  },
  // Its shape and its audit: on a machine that does other things too, its ratios decide nothing.
  { name: 'benchmark', group: 'trials', run: ['npm', 'run', '-s', 'bench', '--', '--quick'] },
  { name: 'demo', group: 'demo', run: ['npm', 'run', '-s', 'demo', '--', '--once'] },
]

const scratch = mkdtempSync(join(tmpdir(), 'evs-test-'))
const total = { passed: 0, failed: 0 }
const group = process.argv[2]
const steps = STEPS.filter((step) => group === undefined || step.group === group)
if (steps.length === 0) {
  console.error(`no steps called ${group}: ${[...new Set(STEPS.map((step) => step.group))]}`)
  total.failed = 1
}
for (const step of steps) {
  console.log(`\n== ${step.name}`)
  const started = performance.now()
  const { passed, failed } = step.project === undefined ? await command(step) : await tests(step)
  total.passed += passed
  total.failed += failed
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`== ${step.name}: ${failed === 0 ? 'ok' : 'FAILED'} in ${seconds} s`)
  if (failed > 0) break
}
rmSync(scratch, { recursive: true })
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1

async function command(step) {
  return (await start(step.run)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** A run that ends badly, or ran nothing, has failed even when no single test has. */
async function tests(step) {
  const report = join(scratch, `${step.project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await start(['npx', 'vitest', 'run', '--project', step.project, ...reporters])
  const { passed, failed } = counted(report)
  return { passed, failed: code === 0 && passed > 0 ? failed : Math.max(1, failed) }
}

function counted(report) {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
    return { passed: numPassedTests, failed: numFailedTests }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

/** Runs a program in the foreground; gives its exit code. */
function start([program, ...parameters]) {
  return new Promise((done) => {
    const child = spawn(program, parameters, { stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`)
      done(1)
    })
    child.on('exit', (code) => done(code ?? 1))
  })
}
