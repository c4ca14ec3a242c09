// `npm run bench`: the switch beside two relays, its codec beside iso_8583, its stock large beside
// small, its import beside a bare insert, its start after a kill beside that of an empty store,
// idle terminals beside none; all in one run, with audits. The last line is one JSON object with
// every figure. `--quick` has the first three stages in less than a minute, `--only STAGE,…` those
// that it names. What is measured and how is told in docs/performance.md; what a figure must be is
// not decided here.

import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flag, text, trialOptions } from '../test/trial-options.ts'
import { tellSummary } from '../test/trial-summary.ts'
import { type Audit, auditStore } from './audit.ts'
import { type Built, build } from './built.ts'
import type { CodecFigures } from './codec/codec-process.ts'
import { cores, isPinned, killAll, Load, runPinned } from './pinned.ts'
import { diskPlace, probeSync } from './place.ts'
import { recovery } from './recovery.ts'
import { openRelays, sales } from './sales-stage.ts'
import { Shop } from './shop.ts'
import { FULL, QUICK } from './sizes.ts'
import { flatness, imports, withPast } from './stock-stages.ts'
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
const started = performance.now()
const startedMs = Date.now()
const loadBefore = loadavg()[0] ?? 0
const { folder, fileSystem } = folderOf(values)
/** What must end whatever happens, the newest first. */
const ends: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true })]
const wrong: string[] = []

const state: { ending: Promise<void> | undefined } = { ending: undefined }

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => void endAll().then(() => process.exit(130)))
}
try {
  await measure()
} finally {
  await endAll()
}
// Whatever a stage that failed has left open.
process.exit()

function endAll(): Promise<void> {
  state.ending ??= endEach()
  return state.ending
}

/** One that fails keeps no other from ending. */
async function endEach(): Promise<void> {
  killAll()
  for (const end of ends.reverse()) {
    try {
      await end()
    } catch (error) {
      say(`left behind: ${(error as Error).message}`)
    }
  }
}

/** Refused here is what would fail after an hour. */
function folderOf({ dir, results }: { dir: string | undefined; results: string | undefined }) {
  try {
    if (results !== undefined) appendFileSync(results, '')
    const place = diskPlace(dir)
    return { ...place, folder: mkdtempSync(join(place.folder, 'evs-bench-')) }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return process.exit(2)
  }
}

async function measure(): Promise<void> {
  say('building')
  const built = build()
  ends.push(() => built.remove())
  const sync = probeSync(folder, sizes.syncProbes)
  const codec = await found(['codec'], () => codecFigures(built))
  const load = await Load.start(built.path('bench/load/load-process.ts'))
  ends.push(() => load.stop())
  const sold = await found(['sales', 'stock'], () => salesAndStock(load, built))
  const recovered = await found(['recovery'], () => recoveryFigures(load, built))
  const crowded = await found(['terminals'], () =>
    terminals(load, { sizes, folder, built, startedMs, say, ends }),
  )
  const machine = {
    ...{ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, isPinned },
    ...{ pinnedTo: cores, fileSystem, ...sync },
    loadAverageBefore: Number(loadBefore.toFixed(1)),
  }
  printYardsticks()
  const audits = [sold?.audit, recovered?.audit, crowded?.audit]
  const audit = together(audits)
  if (audits.some((one) => one?.auditedSales === 0)) wrong.push('a stage sold nothing')
  const figures = {
    ...{ ...sold?.figures, ...codec, ...recovered?.figures, ...crowded?.figures },
    ...audit,
  }
  wrong.push(...unfit(figures))
  tellSummary(
    'bench',
    {
      quick: values.quick,
      ...(values.only && { only: [...stages] }),
      ...{ ...figures, machine, ...sold?.detail, recovery: recovered?.detail },
      ...{ terminals: crowded?.detail, ...(wrong.length > 0 && { wrong }) },
      seconds: Number(((performance.now() - started) / 1_000).toFixed(1)),
    },
    values.results,
  )
  process.exitCode = audit.doubleSold === 0 && audit.difference === 0 && wrong.length === 0 ? 0 : 1
}

/** What the others found is told all the same when one fails. */
async function found<Figures>(
  names: readonly Stage[],
  run: () => Promise<Figures>,
): Promise<Figures | undefined> {
  if (!names.some((name) => stages.has(name)) || state.ending !== undefined) return undefined
  try {
    return await run()
  } catch (error) {
    // Interrupted: it goes no further, and nobody waits for what it would have found.
    if (state.ending !== undefined) return new Promise(() => undefined)
    wrong.push(`${names.join(' and ')}: ${(error as Error).message}`)
    say(`${names.join(' and ')} failed: ${(error as Error).stack}`)
    return undefined
  }
}

/** A figure that is no number says nothing, and JSON would make `null` of it. */
function unfit(figures: object): string[] {
  return Object.entries(figures).flatMap(([name, value]) =>
    typeof value === 'number' && !Number.isFinite(value) ? [`${name} is ${value}`] : [],
  )
}

function chosenStages(only: string | undefined): ReadonlySet<Stage> {
  const names: readonly string[] = only?.split(',') ?? (values.quick ? QUICK_STAGES : STAGES)
  const unknown = names.find((name) => !STAGES.some((stage) => stage === name))
  if (unknown !== undefined) throw new Error(`no stage ${unknown}; there are ${STAGES.join(', ')}`)
  return new Set(STAGES.filter((stage) => names.includes(stage)))
}

/** The shops are the same for both: what the rounds leave is the stock that is compared. */
async function salesAndStock(load: Load, built: Built) {
  say('opening the shops')
  const shops = await openShops(load, built)
  const sold = await found(['sales'], () => salesBesideRelays(load, built, shops))
  const stock = await found(['stock'], () => stockFigures(load, built, shops))
  const audit = await found(['sales', 'stock'], () => {
    say('the audit')
    return audits(load, new Set(Object.values(shops)))
  })
  return {
    figures: { ...sold?.figures, ...stock?.figures },
    detail: { ...sold?.detail, ...stock?.detail },
    audit,
  }
}

async function salesBesideRelays(load: Load, built: Built, shops: Shops) {
  const relays = await openRelays(load, { built, folder, ends })
  return sales(load, shops, relays, { sizes, say })
}

async function stockFigures(load: Load, built: Built, shops: Shops) {
  say('imports')
  const bareInsert = built.path('bench/bare-insert.ts')
  const taken = await imports(load, shops.large, { sizes, folder, bareInsert })
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
  const opened = async (
    name: string,
    terminals: number,
    keyed: boolean,
    stockLeft = 0,
  ): Promise<Shop> => {
    const shop = await Shop.open(load, { name, folder, program, terminals, keyed, stockLeft })
    ends.push(() => shop.stop())
    return shop
  }
  const { terminals, keyedTerminals } = sizes
  const opening = [
    opened('plain', terminals, false),
    opened('keyed', keyedTerminals, true),
    opened('large', terminals, false),
    ...(sizes.smallStock > 0 ? [opened('small', terminals, false, sizes.smallStock)] : []),
  ] as const
  // None is still opening when another has failed and all are ended.
  await Promise.allSettled(opening)
  const [plain, keyed, large, small] = await Promise.all(opening)
  return { plain, keyed, large, small: small ?? plain }
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

function say(what: string): void {
  process.stderr.write(`${((performance.now() - started) / 1_000).toFixed(1)} s: ${what}\n`)
}
