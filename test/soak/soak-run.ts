// The real switch for hours under an even load: killed, restarted, backed up, its link to the card
// host cut, stock imported, held and released. Watched all the while; at the end the three sides
// must agree.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startCardHost } from '../../card-host/host.ts'
import { MISBEHAVIOUR } from '../crash/misbehaviour.ts'
import { compareSides } from '../crash/three-sides.ts'
import { Seeded } from '../simulation/seeded.ts'
import { Chaos } from './chaos.ts'
import { PacedTerminals } from './paced-terminals.ts'
import type { Sample } from './samples.ts'
import { MID, openSoakedShop, type SoakedShop, TIDS } from './soaked-shop.ts'

const SAMPLE_MS = 5_000
const MEAN_SECONDS = { flaps: 60, backups: 240, imports: 300, holds: 120 }

export interface SoakOptions {
  readonly seconds: number
  readonly seed: number
  readonly salesPerSecond: number
  /** Mean time between two kills. */
  readonly killSeconds: number
  /** The same of orderly stops. */
  readonly restartSeconds: number
  readonly program: readonly string[]
  readonly progress: (sample: Sample, outcomes: Readonly<Record<string, number>>) => void
}

export interface SoakResult {
  readonly samples: readonly Sample[]
  readonly troubles: Readonly<Record<string, number>>
  readonly outcomes: Readonly<Record<string, number>>
  readonly receipts: number
  readonly journalRecords: number
  readonly databaseMb: number
  /** Where the three sides differ. */
  readonly differences: readonly string[]
}

export async function soakRun(options: SoakOptions): Promise<SoakResult> {
  const { seed, killSeconds, restartSeconds, salesPerSecond } = options
  const folder = mkdtempSync(join(tmpdir(), 'evs-soak-'))
  const ledger = join(folder, 'card-host.ndjson')
  const host = await startCardHost({
    ...{ port: 0, ledgerFile: ledger, seed, faults: [...MISBEHAVIOUR] },
    // One card buys for hours.
    accounts: { unknownCards: { balanceRial: 900_000_000_000 } },
  })
  const random = new Seeded(seed)
  const shop = await openSoakedShop(folder, host.port, options.program)
  const cut = async () => host.refuseConnections(random.between(200, 3_000))
  const chaos = new Chaos(
    [
      { name: 'kills', every: killSeconds, run: () => shop.kill() },
      { name: 'restarts', every: restartSeconds, run: () => shop.restart() },
      { name: 'flaps', every: MEAN_SECONDS.flaps, run: cut },
      { name: 'backups', every: MEAN_SECONDS.backups, run: () => shop.backup() },
      { name: 'imports', every: MEAN_SECONDS.imports, run: () => shop.importBatch() },
      { name: 'holds', every: MEAN_SECONDS.holds, run: () => shop.holdAndRelease() },
    ],
    random,
  )
  const port = () => shop.port
  const terminals = new PacedTerminals({ tids: TIDS, mid: MID, port, salesPerSecond, seed })
  try {
    terminals.start()
    const samples = await watch(shop, chaos, terminals, options)
    host.faults = []
    await terminals.stop()
    const { receipts, outcomes } = terminals
    await shop.reversalsEnded()
    const netDebits = host.netDebits()
    const sides = { receipts, shown: [], netDebits, ledger }
    const differences = await compareSides(shop.admin, sides)
    const { jseq } = (await shop.admin.health()).journal
    return {
      ...{ samples, troubles: chaos.counts, outcomes, receipts: receipts.length, differences },
      ...{ journalRecords: jseq, databaseMb: shop.bytesOf('evs.db') / (1 << 20) },
    }
  } finally {
    await shop.stop()
    await host.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function watch(
  shop: SoakedShop,
  chaos: Chaos,
  terminals: PacedTerminals,
  { seconds, progress }: SoakOptions,
): Promise<Sample[]> {
  const samples: Sample[] = []
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1_000
  while (elapsed() < seconds) {
    await pause(SAMPLE_MS)
    const sample = await shop.sample(elapsed())
    samples.push(sample)
    progress(sample, terminals.outcomes)
    await chaos.run(elapsed())
  }
  return samples
}
