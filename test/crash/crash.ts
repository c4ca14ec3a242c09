// `npm run crash`: the kill matrix, and then kills at random moments under load, on a switch that
// was built once. Ends with one JSON line, and with exit code 1 when the three sides do not agree.
// Long runs are split by seed; `--results FILE` keeps a line of each.

import { count, flag, text, trialOptions } from '../trial-options.ts'
import { tellSummary } from '../trial-summary.ts'
import { type BuiltSwitch, buildSwitch } from './built-switch.ts'
import { CELLS, type Cell, nameOf, ONE_OF_EACH_POINT } from './cells.ts'
import { type CrashResult, crashRun } from './crash-run.ts'
import { Matrix } from './matrix.ts'

const values = trialOptions(
  {
    name: 'crash',
    what: 'Kills with -9 at every labelled point, then at random moments under load.',
  },
  {
    rounds: count('every cell so often; 0 for none', 1),
    every: count('every N-th cell', 1),
    labels: flag('one cell of each point only'),
    only: text('cells whose name contains it', 'WORDS'),
    kills: count('at random moments', 20),
    seed: count('of all that is drawn', 1),
    jobs: count('shops side by side', 2),
    vouchers: count('in stock for the random kills', 20_000),
  },
)
const { seed, rounds, only = '' } = values
const started = performance.now()
const built = buildSwitch()
const violations: string[] = []
const recoveries: number[] = []
let cellsRun = 0
let receipts = 0
try {
  await matrix(built)
  const random = values.kills > 0 ? await randomKills(built) : undefined
  report(random)
} finally {
  built.remove()
}

/** Every cell so often, over several shops side by side. */
async function matrix(switchUnderTest: BuiltSwitch): Promise<void> {
  const every = values.every
  const share = values.labels ? ONE_OF_EACH_POINT : CELLS
  const round = share
    .filter((_, index) => index % every === seed % every)
    .filter((cell) => nameOf(cell).includes(only))
  const waiting: Cell[] = Array.from({ length: rounds }, () => round).flat()
  const work = async (): Promise<void> => {
    const shop = new Matrix(switchUnderTest)
    try {
      await shop.open()
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
        const result = await shop.run(cell)
        cellsRun++
        recoveries.push(result.recoveryMs)
        for (const violation of result.violations) violations.push(`${nameOf(cell)}: ${violation}`)
        if (cellsRun % 20 === 0) process.stderr.write(`${cellsRun} cells\n`)
      }
      receipts += shop.receipts
    } finally {
      await shop.close()
    }
  }
  if (waiting.length === 0) return
  await Promise.all(Array.from({ length: values.jobs }, work))
}

async function randomKills({ program }: BuiltSwitch): Promise<CrashResult> {
  const result = await crashRun({
    ...{ kills: values.kills, seed, vouchers: values.vouchers, program },
    progress: (kills) => {
      if (kills % 50 === 0) process.stderr.write(`${kills} kills\n`)
    },
  })
  violations.push(...result.violations)
  recoveries.push(...result.recoveries)
  receipts += result.receipts
  return result
}

function report(random: CrashResult | undefined): void {
  for (const violation of violations) process.stderr.write(`${violation}\n`)
  const counted = (what: RegExp) => violations.filter((violation) => what.test(violation)).length
  recoveries.sort((a, b) => a - b)
  const at = (share: number) => recoveries[Math.ceil(recoveries.length * share) - 1] ?? 0
  const summary = {
    ...{ cells: CELLS.length, cellsRun, rounds, kills: random?.kills ?? 0, receipts },
    ...{ sales: random?.sales ?? {}, lateReceipts: random?.lateReceipts ?? 0 },
    lostAcked: counted(/a receipt with 0 net debits|without a voucher|00 before the crash/),
    doubleSold: counted(/one voucher on|one PIN under|sold twice/),
    unreversed: counted(/debited without a receipt|a receipt with [2-9]/),
    violations: violations.length,
    recoveryMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    ...{ vouchers: values.vouchers, seed },
    seconds: Number(((performance.now() - started) / 1_000).toFixed(1)),
  }
  tellSummary('crash', summary, values.results)
  process.exitCode = violations.length === 0 ? 0 : 1
}
