// Two builds of the switch side by side, before a change and after it:
//   npx tsx bench/two-builds.ts -- BEFORE AFTER     each a built evs.js, Node's options before it
// They sell in turn on one core; told is the ratio after / before of processor time for a sale, of
// pages written and of sales a second, as the median of the rounds. With `--rate N` so many sales
// are due a second, and waits are told too. With `--profile FOLDER` Node writes its CPU profiles
// there when they stop; one build alone will do for that. With `--drain N` a backlog of so many
// reversals is drained in place of sales, with `--imports N` so many vouchers are imported.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { untilReversed } from '../test/trial-shop.ts'
import { build } from './built.ts'
import { cpuMicrosOf, PAGE_BYTES, writtenBytesOf } from './load/cpu-time.ts'
import { median } from './load/percentiles.ts'
import { Load } from './pinned.ts'
import { LOSING, Shop } from './shop.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keyed: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '1.5' },
    vouchers: { type: 'string', default: '60000' },
    rate: { type: 'string' },
    profile: { type: 'string' },
    drain: { type: 'string' },
    imports: { type: 'string' },
  },
})
const { keyed } = values
const seconds = Number(values.seconds)
const folder = mkdtempSync(join(tmpdir(), 'evs-two-builds-'))
const built = build()
const load = await Load.start(built.path('bench/load/load-process.ts'))
const profiled =
  values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
const shops = await Promise.all(
  positionals.map(async (program, index) => {
    const options = {
      name: `build-${index}`,
      folder,
      program: [...profiled, ...program.split(' ')],
      keyed,
      settings: values.drain === undefined ? {} : LOSING,
    }
    const shop = await Shop.open(load, { ...options, terminals: keyed ? 8 : 100 })
    await shop.stock(Number(values.vouchers))
    return shop
  }),
)
/** So many sales are lost at a time at a host that says nothing. */
const LOSING_CONNECTIONS = 1_000
const FIGURES = ['cpuMicros', 'pagesPerSale', 'perSecond', 'failed', 'p50Ms', 'p99Ms'] as const
type Seen = Record<(typeof FIGURES)[number], number>
const seen: Seen[][] = shops.map(() => [])
for (let round = 0; round < Number(values.rounds); round++) {
  const turns = shops.map((_, index) => (index + round) % shops.length)
  for (const turn of turns) {
    const shop = shops[turn]
    if (shop === undefined) continue
    if (values.imports !== undefined) seen[turn]?.push(await importing(shop))
    else if (values.drain !== undefined) seen[turn]?.push(await draining(shop))
    else seen[turn]?.push(await selling(shop))
  }
}
const figures: Record<string, unknown> = {}
for (const name of FIGURES) {
  const all = seen.map((rounds) => rounds.map((round) => round[name]))
  figures[name] = all
  figures[`${name}AfterBefore`] = all
    .slice(1)
    .map((one) => median(one.map((value, n) => value / (all[0]?.[n] ?? 1))))
}
process.stdout.write(`${JSON.stringify(figures)}\n`)
for (const shop of shops) await shop.stop()
load.stop()
built.remove()
rmSync(folder, { recursive: true })

async function selling(shop: Shop): Promise<Seen> {
  const run = { connections: 200, seconds }
  if (values.rate === undefined) {
    return { ...(await shop.sell(load, run)), p50Ms: Number.NaN, p99Ms: Number.NaN }
  }
  const { waits, ...report } = await shop.sellAt(load, { ...run, perSecond: Number(values.rate) })
  return { ...report, p50Ms: waits.p50Ms, p99Ms: waits.p99Ms }
}

async function draining(shop: Shop): Promise<Seen> {
  const { name: fleet, port, pid } = shop
  const losing = { fleet, port, pid, connections: LOSING_CONNECTIONS, seconds: 0 }
  await load.ask({ do: 'lose', run: losing, sales: Number(values.drain) })
  const { open } = (await shop.admin.health()).reversals
  return costOf(shop, open, async () => {
    const { perSecond } = await load.ask({ do: 'drain', fleet: shop.name, reversals: open })
    await untilReversed(shop.admin)
    return perSecond
  })
}

async function importing(shop: Shop): Promise<Seen> {
  const vouchers = Number(values.imports)
  return costOf(shop, vouchers, async () => {
    const beganMs = performance.now()
    await shop.stock(vouchers)
    return Math.round((1_000 * vouchers) / (performance.now() - beganMs))
  })
}

async function costOf(shop: Shop, count: number, work: () => Promise<number>): Promise<Seen> {
  const [cpuBefore, writtenBefore] = [cpuMicrosOf(shop.pid), writtenBytesOf(shop.pid)]
  const perSecond = await work()
  const cpuMicros = (cpuMicrosOf(shop.pid) - cpuBefore) / count
  const pagesPerSale = (writtenBytesOf(shop.pid) - writtenBefore) / PAGE_BYTES / count
  return { cpuMicros, pagesPerSale, perSecond, failed: 0, p50Ms: Number.NaN, p99Ms: Number.NaN }
}
