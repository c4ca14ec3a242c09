// `npm run overload`: the real switch under more than its card host takes. Ends with one JSON line,
// and with exit code 1 when a figure is not what it must be. `--quick` is for every day, the whole
// run for the figures; `--results FILE` keeps a line of each.

import { loadavg } from 'node:os'
import { count, flag, trialOptions } from '../trial-options.ts'
import { tellSummary } from '../trial-summary.ts'
import {
  type Figures,
  type Gate,
  peakOf,
  ratioOf,
  type StepFigures,
  violationsOf,
} from './judge.ts'
import { quantile } from './open-loop.ts'
import { Rig } from './rig.ts'
import { crowd, type Plan, silentHost, slowHost, step } from './stages.ts'

const values = trialOptions(
  { name: 'overload', what: 'The real switch under more than its card host takes.' },
  {
    quick: flag('shorter and with less, for every day'),
    capacity: count('sales a second that the card host takes (120; 40 when quick)'),
    seconds: count('of each step of load (20; 4 when quick)'),
  },
)
const { quick } = values
const IN_FLIGHT_SALES = 2_000

const plan: Plan = {
  capacity: values.capacity ?? (quick ? 40 : 120),
  times: quick ? [0.5, 2, 10] : [0.5, 1, 2, 5, 10],
  stepSeconds: values.seconds ?? (quick ? 4 : 20),
  ...{ slowHostTimes: quick ? 0.5 : 1, slowHostSeconds: quick ? 4 : 30 },
  silent: quick ? ['standing'] : ['standing', 'losing'],
  silentSeconds: quick ? 2.5 : 10,
  recoverySeconds: quick ? 4 : 15,
  ...{ crowdSeconds: quick ? 4 : 20, stormSeconds: quick ? 2 : 10 },
  stormConnections: quick ? 500 : 4_000,
  ...{ slowClients: quick ? 300 : 2_000, slowEveryMs: quick ? 1_000 : 1_500 },
  neverReaders: quick ? 2 : 3,
}
/** A quick run may share its processors with other tests. */
const gate: Gate = {
  shedP99Ms: quick ? 1_000 : 100,
  rssMostMb: 512,
  inFlightMost: IN_FLIGHT_SALES,
  recoverySeconds: quick ? 3 : 10,
}

const started = performance.now()
/** What else the machine had to do: with more than it has processors, these are its figures. */
const loadBefore = loadavg()[0] ?? 0
const rig = new Rig({
  mode: { kind: 'queue', perSecond: plan.capacity },
  terminals: 100,
  vouchers: plan.capacity * (quick ? 60 : plan.stepSeconds * 9 + 100),
  built: !quick,
})
try {
  await rig.open()
  report(await trial())
} finally {
  await rig.close()
}

async function trial() {
  const steps: StepFigures[] = []
  for (const times of plan.times) {
    say(`${times} times the capacity`)
    steps.push(await step(rig, plan, times))
  }
  say('a slow host')
  const slow = await slowHost(rig, plan)
  const silentHosts = []
  for (const kind of plan.silent) {
    say(`a ${kind} host`)
    silentHosts.push(await silentHost(rig, plan, kind))
  }
  say('a crowd and a storm')
  const crowded = await crowd(rig, plan)
  say('the audit')
  const differences = await rig.compare()
  return { steps, slow, silentHosts, crowded, differences }
}

function report(seen: Awaited<ReturnType<typeof trial>>): void {
  const { steps, slow, silentHosts, crowded, differences } = seen
  const { refused, unanswered, advice, receipts, violations: broken } = rig.books
  const figures: Figures = {
    capacity: plan.capacity,
    ...{ steps, slowHost: slow, silentHosts, storm: crowded.storm, honest: crowded.honest },
    ...{ expiredDebits: rig.debitAges.expired, unknownDebits: rig.debitAges.unknown },
    ...{ shedReversals: refused.reversals, shedConfirmations: refused.confirmations },
    shedRepeats: refused.repeats,
    unansweredReversals: unanswered.reversals,
    unansweredConfirmations: unanswered.confirmations,
    rssPeakMb: rig.most.rssMb,
    inFlightMost: rig.most.salesInFlight,
    ...{ differences, broken },
  }
  const violations = violationsOf(figures, gate)
  for (const violation of violations.slice(0, 20)) process.stderr.write(`${violation}\n`)
  const summary = {
    ...{ quick, capacity: plan.capacity, stepSeconds: plan.stepSeconds },
    ...{ peak: peakOf(steps), goodputAt10: ratioOf(steps, steps.at(-1) as StepFigures) },
    steps: steps.map((one) => ({ ...one, ratio: ratioOf(steps, one) })),
    ...{ slowHost: slow, silentHosts, ...crowded },
    ...{ expiredDebits: figures.expiredDebits, oldestDebitMs: rig.debitAges.most },
    ...{ shedReversals: figures.shedReversals, shedConfirmations: figures.shedConfirmations },
    shedRepeats: figures.shedRepeats,
    unanswered: figures.unansweredReversals + figures.unansweredConfirmations,
    advices: { answered: advice.ms.length, p99Ms: quantile(advice.ms, 0.99) },
    inFlightMost: figures.inFlightMost,
    ...{ rssStartMb: rig.rssStartMb, rssPeakMb: figures.rssPeakMb },
    bounded: figures.rssPeakMb <= gate.rssMostMb && figures.inFlightMost <= gate.inFlightMost,
    ...{ receipts: receipts.length, differences: differences.length },
    generatorCpuShare: Math.max(...steps.map(({ generatorCpuShare }) => generatorCpuShare)),
    generatorWasTheLimit: steps.some(({ generatorWasTheLimit }) => generatorWasTheLimit),
    loadAverageBefore: Number(loadBefore.toFixed(1)),
    violations: violations.length,
    seconds: Number(((performance.now() - started) / 1_000).toFixed(1)),
  }
  tellSummary('overload', summary, values.results)
  process.exitCode = violations.length === 0 ? 0 : 1
}

function say(what: string): void {
  process.stderr.write(`${((performance.now() - started) / 1_000).toFixed(1)} s: ${what}\n`)
}
