// Whether sales stay as fast with a large stock behind them, and how fast a batch is taken into it.
// Two shops, one with few vouchers and one that is filled by imports; both sell in turn. The
// yardstick of an import writes the very rows that it wrote into a copy of the database as it was
// before, through the same driver, with nothing read, checked, enciphered or chained.

import { join } from 'node:path'
import { residentMbOf } from './load/cpu-time.ts'
import type { RunReport } from './load/orders.ts'
import { median, type Waits } from './load/percentiles.ts'
import { type Load, runPinned } from './pinned.ts'
import { BESIDE_SECONDS, type Shop } from './shop.ts'
import type { Sizes } from './sizes.ts'

/** Sales a second while an import runs: what one busy district makes. */
const LOW_RATE = 100

export interface ImportFigures {
  readonly vouchers: number
  readonly stockBefore: number
  readonly perSecond: number
  readonly barePerSecond: number
  readonly ratio: number
}

/** What sales waited at a low rate, without and with an import beside them. */
export interface Meanwhile {
  readonly quiet: Waits
  readonly importing: Waits
  readonly p99Ratio: number
}

export interface ImportOptions {
  readonly sizes: Sizes
  readonly folder: string
  /** The built yardstick. */
  readonly bareInsert: string
}

/** Fills the shop file by file: the first and the last are measured, sales go on beside another. */
export async function imports(
  load: Load,
  shop: Shop,
  options: ImportOptions,
): Promise<{ readonly imports: ImportFigures[]; readonly meanwhile: Meanwhile | undefined }> {
  const { batch, batches } = options.sizes
  const measured: ImportFigures[] = []
  let meanwhile: Meanwhile | undefined
  for (let n = 0; n < batches; n++) {
    if (n === 0 || n === batches - 1) measured.push(await measuredImport(shop, options))
    else if (meanwhile === undefined) meanwhile = await sellingMeanwhile(load, shop, options.sizes)
    else await shop.stock(batch)
  }
  return { imports: measured, meanwhile }
}

async function measuredImport(shop: Shop, options: ImportOptions): Promise<ImportFigures> {
  const { sizes, folder, bareInsert } = options
  const stockBefore = shop.imported
  const database = join(shop.data, 'evs.db')
  const copy = join(folder, 'bare.db')
  await shop.checked()
  await runPinned(bareInsert, ['copy', database, copy])
  const seconds = await shop.stock(sizes.batch)
  const bare = (await runPinned(bareInsert, ['insert', database, copy])) as { seconds: number }
  const perSecond = Math.round(sizes.batch / seconds)
  const barePerSecond = Math.round(sizes.batch / bare.seconds)
  return {
    ...{ vouchers: sizes.batch, stockBefore, perSecond, barePerSecond },
    ratio: Number((perSecond / barePerSecond).toFixed(3)),
  }
}

/** The import goes on longer than the run. */
async function sellingMeanwhile(load: Load, shop: Shop, sizes: Sizes): Promise<Meanwhile> {
  const { connections, openSeconds: seconds } = sizes
  const run = { connections, seconds, perSecond: LOW_RATE }
  const quiet = await shop.sellAt(load, run)
  const [importing] = await Promise.all([shop.sellAt(load, run), shop.stock(sizes.batch)])
  const p99Ratio = Number((importing.waits.p99Ms / quiet.waits.p99Ms).toFixed(2))
  return { quiet: quiet.waits, importing: importing.waits, p99Ratio }
}

export interface Flatness {
  /** Vouchers that are there before the pairs and after them. */
  readonly smallStock: { readonly before: number; readonly after: number }
  readonly largeStock: number
  readonly pairs: readonly { readonly small: RunReport; readonly large: RunReport }[]
  readonly stockFlatness: number
  readonly cpuGrowth: number
  readonly pagesGrowth: number
  readonly memoryGrowthMb: number
  readonly startMs: number
}

export async function flatness(
  load: Load,
  shops: { small: Shop; large: Shop },
  sizes: Sizes,
): Promise<Flatness> {
  const { small, large } = shops
  // Both as they are after a start, with nothing of an import left in their memory.
  if (sizes.startsAgain) {
    for (const shop of [small, large]) {
      await shop.stop()
      await shop.start()
    }
    await Promise.all([small.checked(), large.checked()])
  }
  const { connections, pairSeconds: seconds } = sizes
  const again = (shop: Shop): Promise<RunReport> => shop.sell(load, { connections, seconds })
  // One that has hardly sold yet is warm as the other is. What is missing for all pairs is imported
  // before the last of these, so that none is measured in the wake of an import.
  for (const shop of [large, small, large]) await again(shop)
  await small.stockFor(sizes.pairs * (seconds + BESIDE_SECONDS))
  await again(small)
  const smallStock = { before: small.stockNow, after: 0 }
  const pairs: { small: RunReport; large: RunReport }[] = []
  for (let n = 0; n < sizes.pairs && (n === 0 || hasTime(sizes)); n++) {
    if (n % 2 === 0) pairs.push({ small: await again(small), large: await again(large) })
    else {
      const first = await again(large)
      pairs.push({ small: await again(small), large: first })
    }
  }
  smallStock.after = small.stockNow
  const of = (ratio: (pair: { small: RunReport; large: RunReport }) => number) =>
    median(pairs.map(ratio))
  return {
    ...{ smallStock, largeStock: large.stockNow, pairs },
    stockFlatness: of((pair) => pair.large.perSecond / pair.small.perSecond),
    cpuGrowth: of((pair) => pair.large.cpuMicros / pair.small.cpuMicros),
    pagesGrowth: of((pair) => pair.large.pagesPerSale / pair.small.pagesPerSale),
    memoryGrowthMb: residentMbOf(large.pid) - residentMbOf(small.pid),
    startMs: large.startMs,
  }
}

/** The clock of this process began with it. */
function hasTime({ pairsUntilSeconds }: Sizes): boolean {
  return performance.now() < pairsUntilSeconds * 1_000
}

/** The large shop with a past, beside the small one; undefined when the sizes leave it out. */
export async function withPast(
  load: Load,
  shops: { small: Shop; large: Shop },
  options: { sizes: Sizes; pastSales: string },
): Promise<Flatness | undefined> {
  const { sizes, pastSales } = options
  if (sizes.pastSales === 0) return undefined
  const { large } = shops
  // The past takes its vouchers from the stock; what is sold afterwards has to be there too.
  await large.stock(sizes.batch)
  await large.stop()
  await runPinned(pastSales, [large.data, String(sizes.pastSales)])
  large.sold(sizes.pastSales)
  await large.start()
  return flatness(load, shops, sizes)
}
