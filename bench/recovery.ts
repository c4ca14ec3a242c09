// What a start costs after a kill -9 at full load, beyond that of an empty store, round by round;
// and how fast a backlog of reversals drains, beside how fast the card host answers alone. After
// every restart terminals repeat what was not answered, and the audit must find nothing.

import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { LIMITS } from '../switch/limits.ts'
import { untilReversed } from '../test/trial-shop.ts'
import { auditStore } from './audit.ts'
import type { Built } from './built.ts'
import { median, rounded } from './load/percentiles.ts'
import { type Load, runPinned } from './pinned.ts'
import { LOSING, Shop } from './shop.ts'
import type { Sizes } from './sizes.ts'

export interface RecoveryOptions {
  readonly sizes: Sizes
  readonly folder: string
  readonly built: Built
  readonly startedMs: number
  readonly say: (what: string) => void
  readonly opened: (shop: Shop) => void
}

interface Start {
  readonly readyMs: number
  readonly sellingMs: number
  readonly cpuMs: number
}

interface Round {
  readonly empty: Start
  readonly full: Start
  /** Sold before the kill, left without an answer by it, and sold as their repeats were told. */
  readonly sales: number
  readonly owed: number
  readonly owedSold: number
}

const FULL_NAME = 'recovering'
const BARE_RUNS = 3
/** As many as the switch has under way at once, and so many that the host never waits. */
const WINDOWS = { same: LIMITS.reversalsInParallel.value, ample: 500 }

export async function recovery(load: Load, options: RecoveryOptions) {
  const { sizes, folder, built, say, opened } = options
  const program = [built.path('evs.ts')]
  const shop = async (name: string, terminals: number): Promise<Shop> => {
    const made = { name, folder, program, terminals, keyed: false, settings: LOSING }
    const one = await Shop.open(load, made)
    opened(one)
    return one
  }
  const empty = await shop('empty', 1)
  const full = await shop(FULL_NAME, sizes.terminals)
  await full.stock(sizes.recoveryVouchers)
  await full.stop()
  await runPinned(built.path('bench/past-sales.ts'), [full.data, String(sizes.recoverySales)])
  await full.start()
  say('kills at full load')
  const rounds: Round[] = []
  const sum = { auditedSales: 0, doubleSold: 0, difference: 0 }
  const audit = async (): Promise<void> => {
    const books = join(folder, `${FULL_NAME}.books`)
    await load.ask({ do: 'books', fleet: FULL_NAME, file: books })
    const found = auditStore(join(full.data, 'evs.db'), books, options.startedMs)
    sum.auditedSales = found.sold
    sum.doubleSold = Math.max(sum.doubleSold, found.doubleSold)
    sum.difference = Math.max(sum.difference, found.difference)
  }
  for (let n = 0; n < sizes.recoveryRounds; n++) {
    rounds.push(await killed(load, { empty, full }, sizes))
    await audit()
  }
  say('a backlog of reversals')
  const drain = await backlog(load, full, options)
  await audit()
  const checkedSeconds = sizes.startsAgain ? await secondsOfCheck(full) : undefined
  await Promise.all([full.stop(), empty.stop()])
  return {
    figures: figuresOf(rounds, drain),
    audit: sum,
    detail: { rounds, drain, checkedSeconds, pastSales: sizes.recoverySales },
  }
}

async function killed(
  load: Load,
  { empty, full }: { empty: Shop; full: Shop },
  { connections, killAfterSeconds }: Sizes,
): Promise<Round> {
  await empty.kill()
  const first = await started(empty)
  const run = () => ({ fleet: FULL_NAME, port: full.port, connections, seconds: 0 })
  const selling = load.ask({ do: 'cut', run: run() })
  // It is looked at after the kill.
  selling.catch(() => undefined)
  // Not always at the same place of a commit.
  await pause(killAfterSeconds * 1_000 + Math.random() * 50)
  await full.kill()
  const { sales } = await selling
  const second = await started(full)
  const { owed, sold } = await load.ask({ do: 'repeat', run: run() })
  await untilReversed(full.admin)
  return { empty: first, full: second, sales, owed, owedSold: sold }
}

/** Of all that a start leaves to the background, the pause before it begins included. */
async function secondsOfCheck(shop: Shop): Promise<number> {
  await shop.stop()
  await shop.start()
  const beganMs = performance.now()
  await shop.checked()
  return Number(((performance.now() - beganMs) / 1_000).toFixed(1))
}

async function started(shop: Shop): Promise<Start> {
  await shop.start()
  await shop.selling()
  return { readyMs: shop.startMs, sellingMs: shop.sellingMs, cpuMs: shop.startCpuMs }
}

/** Sales are lost at a silent host until enough reversals are open; then it answers again. */
async function backlog(load: Load, shop: Shop, { sizes, built }: RecoveryOptions) {
  const { port } = shop
  const run = { fleet: FULL_NAME, port, connections: sizes.losingConnections, seconds: 0 }
  await load.ask({ do: 'lose', run, sales: sizes.backlog })
  const { open } = (await shop.admin.health()).reversals
  const { sample, hostPort, ...drain } = await load.ask({
    do: 'drain',
    ...{ fleet: FULL_NAME, reversals: open },
  })
  await untilReversed(shop.admin)
  const bare = async (window: number): Promise<number> => {
    const hex = Buffer.from(sample).toString('hex')
    const parameters = [String(hostPort), hex, String(open), String(window)]
    const rates: number[] = []
    for (let n = 0; n < BARE_RUNS; n++) {
      const run = await runPinned(built.path('bench/relays/bare-reversals.ts'), parameters)
      rates.push((run as { perSecond: number }).perSecond)
    }
    return median(rates)
  }
  const barePerSecond = await bare(WINDOWS.same)
  return { open, ...drain, window: WINDOWS.same, barePerSecond, ample: await bare(WINDOWS.ample) }
}

function figuresOf(rounds: readonly Round[], drain: Awaited<ReturnType<typeof backlog>>) {
  const of = (value: (round: Round) => number) => rounds.map(value)
  const emptyMs = median(of(({ empty }) => empty.sellingMs))
  const beyond = of(({ full }) => full.sellingMs - emptyMs)
  const cpu = of(({ full, empty }) => full.cpuMs - empty.cpuMs)
  return {
    recoveryBeyondEmptyMs: Math.max(...beyond),
    recoveryMedianMs: median(beyond),
    recoveryCpuMs: median(cpu),
    recoveryCpuWorstMs: Math.max(...cpu),
    emptyStartMs: emptyMs,
    drainRatio: rounded(drain.perSecond / drain.barePerSecond),
    drainRatioAmple: rounded(drain.perSecond / drain.ample),
  }
}
