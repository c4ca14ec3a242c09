// `npm run bench`: the switch beside two relays, its codec beside iso_8583, its stock large beside
// small, its import beside a bare insert, its start after a kill beside that of an empty store,
// idle terminals beside none; all in one run, with audits. The last line is one JSON object with
// every figure. `--quick` has the first three stages in less than a minute, `--only STAGE,…` those
// that it names. What is measured and how is told in docs/performance.md; what a figure must be is
// not decided here.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flag, text, trialOptions } from '../test/trial-options.ts'
import { tellSummary } from '../test/trial-summary.ts'
import { type Audit, auditStore } from './audit.ts'
import { type Built, build } from './built.ts'
import type { CodecFigures } from './codec/codec-process.ts'
import { isPinned, Load, runPinned, startRelay } from './pinned.ts'
import { fileSystemOf, probeSync } from './place.ts'
import { recovery } from './recovery.ts'
import { type Comparison, compare, latencies, type Relays } from './relay-rounds.ts'
import { Shop } from './shop.ts'
import { FULL, QUICK } from './sizes.ts'
import { firstSmallStock, flatness, imports, withPast } from './stock-stages.ts'
import { terminals } from './terminals.ts'

const values = trialOptions(
  {
    name: 'bench',
    what: 'The switch beside its yardsticks, in one run; told in docs/performance.md.',
  },
  {
    quick: flag('the first three stages, in less than a minute'),
    only: text('stages: codec, sales, stock, recovery, terminals', 'STAGE,…'),
    dir: text('on the disk that is measured (temporary files)', 'FOLDER'),
  },
)
const STAGES = ['codec', 'sales', 'stock', 'recovery', 'terminals'] as const
/** The others take longer than a quick run may, however small. */
const QUICK_STAGES = ['codec', 'sales', 'stock']
type Stage = (typeof STAGES)[number]
const RELAYS = ['bare-relay.ts', 'bare.ts', 'durable-relay.ts']
const stages = chosenStages(values.only)
const sizes = values.quick ? QUICK : FULL
const { dir: place = tmpdir() } = values
const started = performance.now()
const startedMs = Date.now()
const loadBefore = loadavg()[0] ?? 0
const fileSystem = fileSystemOf(place)
const folder = mkdtempSync(join(place, 'evs-bench-'))
/** What must end whatever happens, the newest first. */
const ends: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true })]

try {
  await measure()
} finally {
  for (const end of ends.reverse()) await end()
}

async function measure(): Promise<void> {
  say('building')
  const built = build()
  ends.push(() => built.remove())
  const sync = probeSync(folder, sizes.syncProbes)
  const codec = stages.has('codec') ? await codecFigures(built) : undefined
  const load = await Load.start(built.path('bench/load/load-process.ts'))
  ends.push(() => load.stop())
  const sold = await salesAndStock(load, built)
  const recovered = stages.has('recovery') ? await recoveryFigures(load, built) : undefined
  const crowded = stages.has('terminals')
    ? await terminals(load, { sizes, folder, built, startedMs, say, ends })
    : undefined
  const machine = {
    ...{ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, isPinned },
    ...{ fileSystem, ...sync, loadAverageBefore: Number(loadBefore.toFixed(1)) },
  }
  printYardsticks()
  const audit = together([sold?.audit, recovered?.audit, crowded?.audit])
  tellSummary(
    'bench',
    {
      quick: values.quick,
      ...(values.only && { only: [...stages] }),
      ...sold?.figures,
      ...codec,
      ...recovered?.figures,
      ...crowded?.figures,
      ...audit,
      ...{ machine, ...sold?.detail, recovery: recovered?.detail },
      terminals: crowded?.detail,
      seconds: Number(((performance.now() - started) / 1_000).toFixed(1)),
    },
    values.results,
  )
  process.exitCode = audit.doubleSold === 0 && audit.difference === 0 ? 0 : 1
}

function chosenStages(only: string | undefined): ReadonlySet<Stage> {
  const names: readonly string[] = only?.split(',') ?? (values.quick ? QUICK_STAGES : STAGES)
  const unknown = names.find((name) => !STAGES.some((stage) => stage === name))
  if (unknown !== undefined) throw new Error(`no stage ${unknown}; there are ${STAGES.join(', ')}`)
  return new Set(STAGES.filter((stage) => names.includes(stage)))
}

/** The shops are the same for both: what the rounds leave is the stock that is compared. */
async function salesAndStock(load: Load, built: Built) {
  if (!stages.has('sales') && !stages.has('stock')) return undefined
  say('opening the shops')
  const shops = await openShops(load, built)
  const sold = stages.has('sales') ? await salesBesideRelays(load, built, shops) : undefined
  const stock = stages.has('stock') ? await stockFigures(load, built, shops) : undefined
  say('the audit')
  const audit = await audits(load, new Set(Object.values(shops)))
  return {
    figures: { ...sold?.figures, ...stock?.figures },
    detail: { ...sold?.detail, ...stock?.detail },
    audit,
  }
}

async function salesBesideRelays(load: Load, built: Built, shops: Shops) {
  const relays = await openRelays(load, built)
  return sales(load, shops, relays)
}

async function stockFigures(load: Load, built: Built, shops: Shops) {
  say('imports')
  const bareInsert = built.path('bench/bare-insert.ts')
  const taken = await imports(load, shops.large, { sizes, folder, bareInsert })
  if (sizes.smallStock > 0) await shops.small.stock(firstSmallStock(sizes))
  say('small and large stock in turn')
  const flat = await flatness(load, { small: shops.small, large: shops.large }, sizes)
  const pastSales = built.path('bench/past-sales.ts')
  const past = await withPast(load, shops, { sizes, pastSales })
  return {
    figures: {
      stockFlatness: flat.stockFlatness,
      ...(past && { historyFlatness: past.stockFlatness }),
      importRatio: Math.min(...taken.imports.map(({ ratio }) => ratio)),
    },
    detail: { ...taken, flatness: flat, past },
  }
}

function recoveryFigures(load: Load, built: Built) {
  say('filling a shop that is to be killed')
  const opened = (shop: Shop) => void ends.push(() => shop.stop())
  return recovery(load, { sizes, folder, built, startedMs, say, opened })
}

type Audited = Omit<Audit, 'sold'> & { readonly auditedSales: number }

function together(audits: readonly (Audited | undefined)[]): Audited {
  const sum = { auditedSales: 0, doubleSold: 0, difference: 0 }
  for (const audit of audits) {
    sum.auditedSales += audit?.auditedSales ?? 0
    sum.doubleSold += audit?.doubleSold ?? 0
    sum.difference += audit?.difference ?? 0
  }
  return sum
}

async function codecFigures(built: Built): Promise<CodecFigures> {
  say('the codec')
  const module = built.path('bench/codec/codec-process.ts')
  const { figures } = (await runPinned(module, [String(sizes.codecSeconds)])) as {
    figures: CodecFigures
  }
  return figures
}

type Shops = Readonly<Record<'plain' | 'keyed' | 'small' | 'large', Shop>>

async function openShops(load: Load, built: Built): Promise<Shops> {
  const program = [built.path('evs.ts')]
  const opened = async (name: string, terminals: number, keyed: boolean): Promise<Shop> => {
    const shop = await Shop.open(load, { name, folder, program, terminals, keyed })
    ends.push(() => shop.stop())
    return shop
  }
  const { terminals, keyedTerminals } = sizes
  const [plain, keyed, large, small] = await Promise.all([
    opened('plain', terminals, false),
    opened('keyed', keyedTerminals, true),
    opened('large', terminals, false),
    sizes.smallStock > 0 ? opened('small', terminals, false) : undefined,
  ])
  return { plain, keyed, large, small: small ?? plain }
}

async function openRelays(load: Load, built: Built): Promise<Relays> {
  const { relay: host } = await load.ask({ do: 'ports' })
  const file = join(folder, 'durable-relay.log')
  const bare = await startRelay(built.path('bench/relays/bare.ts'), [String(host)])
  ends.push(() => bare.stop())
  const module = built.path('bench/relays/durable-relay.ts')
  const durable = await startRelay(module, [String(host), file])
  ends.push(() => durable.stop())
  return { bare, durable }
}

async function sales(load: Load, { plain, keyed }: Shops, relays: Relays) {
  const { rounds, roundSeconds: seconds, connections, otherConnections } = sizes
  for (const shop of [plain, keyed]) {
    await shop.stock(sizes.vouchers)
    if (sizes.startsAgain) await shop.checked()
    const warm = { fleet: shop.name, port: shop.port, connections, seconds: sizes.warmSeconds }
    await load.ask({ do: 'closed', run: warm })
  }
  await relays.durable.groups()
  const before = await plain.meanGroup()
  say('rounds without cryptography')
  const clear = await compare(load, plain, relays, { connections, rounds, seconds })
  const after = await plain.meanGroup()
  say('rounds with cryptography')
  const crypto = await compare(load, keyed, relays, { connections, rounds, seconds })
  say('open loop')
  const perSecond = Math.round(clear.salesPerSecond / 2)
  const latency = await latencies(load, plain, relays, { sizes, perSecond })
  const others: Comparison[] = []
  for (const count of otherConnections) {
    say(`${count} connections`)
    const order = { connections: count, rounds: 1, seconds }
    others.push(await compare(load, plain, relays, order))
  }
  const { appends, groups } = await relays.durable.groups()
  return {
    figures: {
      ...{ relayRatio: clear.relayRatio, relayRatioCrypto: crypto.relayRatio },
      ...{ durableRatio: clear.durableRatio, durableRatioCrypto: crypto.durableRatio },
      ...{ cpuRatio: clear.cpuRatio, cpuRatioCrypto: crypto.cpuRatio },
      p99Ratio: latency.p99Ratio,
      ...{ salesPerSecond: clear.salesPerSecond, salesPerSecondCrypto: crypto.salesPerSecond },
    },
    detail: {
      ...{ clear, crypto, latency, otherConnections: others },
      meanGroup: {
        switch: mean(after.records - before.records, after.groups - before.groups),
        durableRelay: mean(appends, groups),
      },
    },
  }
}

async function audits(load: Load, shops: ReadonlySet<Shop>): Promise<Audited> {
  const sum = { auditedSales: 0, doubleSold: 0, difference: 0 }
  for (const shop of shops) {
    const books = join(folder, `${shop.name}.books`)
    await load.ask({ do: 'books', fleet: shop.name, file: books })
    const { sold, doubleSold, difference } = auditStore(join(shop.data, 'evs.db'), books, startedMs)
    sum.auditedSales += sold
    sum.doubleSold += doubleSold
    sum.difference += difference
  }
  return sum
}

/** The yardsticks are part of the result: whoever reads a ratio reads what it is a ratio to. */
function printYardsticks(): void {
  const used = { sales: RELAYS, recovery: ['bare-reversals.ts'], terminals: ['bare-acceptor.ts'] }
  const names = Object.entries(used).filter(([stage]) => stages.has(stage as Stage))
  for (const name of names.flatMap(([, files]) => files)) {
    const file = fileURLToPath(new URL(`relays/${name}`, import.meta.url))
    process.stdout.write(`--- bench/relays/${name}\n${readFileSync(file, 'utf8')}\n`)
  }
}

function mean(sum: number, count: number): number {
  return Number((sum / Math.max(1, count)).toFixed(1))
}

function say(what: string): void {
  process.stderr.write(`${((performance.now() - started) / 1_000).toFixed(1)} s: ${what}\n`)
}
