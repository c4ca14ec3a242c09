// One recorded run of the real switch: shop opened, batch imported, sales under a misbehaving card
// host, lossy lines and jamming paper, a kill -9, a second start and an orderly stop. Gives the
// recording and the disk that it began on; judges nothing.

import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { AdminClient } from '../../admin-api/client.ts'
import { startCardHost } from '../../card-host/host.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { Seeded } from '../simulation/seeded.ts'
import { addShop, adminOf, importVouchers, untilSelling } from '../trial-shop.ts'
import type { Image } from './disk.ts'
import { type LineTerminal, lineTerminal } from './line-terminal.ts'
import { type Operation, readRecording } from './recording.ts'
import { shimEnvironment } from './shim.ts'

export const MID = '000000000100001'
export const TIDS = ['10000001', '10000002', '10000003', '10000004', '10000005', '10000006']

export const QUICK = {
  EVS_TIMEOUTS_CARD_HOST_MS: '700',
  EVS_TIMEOUTS_REVERSAL_BACKOFF_FIRST_MS: '100',
  EVS_TIMEOUTS_REVERSAL_BACKOFF_MAX_MS: '1000',
  EVS_TIMEOUTS_DIAL_BACKOFF_FIRST_MS: '50',
  EVS_TIMEOUTS_DIAL_BACKOFF_MAX_MS: '200',
}

const FAULTS = [
  { probability: 0.08, fault: { kind: 'decline', rc: '51' } },
  { probability: 0.06, fault: { kind: 'act-then-silent' } },
  { probability: 0.03, fault: { kind: 'silent' } },
  { probability: 0.03, fault: { kind: 'late', ms: { from: 600, to: 1_200 } } },
  { probability: 0.02, fault: { kind: 'wrong-amount', amountRial: 1_000 } },
  { probability: 0.03, fault: { kind: 'duplicate' } },
  { on: 'reversal', probability: 0.2, fault: { kind: 'silent' } },
  { on: 'purchase', probability: 0.5, fault: { kind: 'late', ms: { from: 1, to: 40 } } },
] as const

export interface RunOptions {
  readonly folder: string
  readonly library: string
  readonly sales: number
  readonly seed: number
  readonly environment: Readonly<Record<string, string>>
}

export interface RecordedRun {
  readonly initial: Image
  readonly operations: Operation[]
  readonly kekFile: string
  /** Ports that the switch listened on for terminals, one of each start. */
  readonly terminalPorts: ReadonlySet<number>
  readonly cardHostPort: number
}

export async function recordedRun(options: RunOptions): Promise<RecordedRun> {
  const { folder, library, seed, sales } = options
  mkdirSync(folder, { recursive: true })
  const host = await startCardHost({
    ...{ port: 0, ledgerFile: join(folder, 'ledger.ndjson'), seed, faults: [...FAULTS] },
  })
  const shop = await init({
    ...{ dir: join(folder, 'shop'), terminalPort: 0, institutionPort: 0, cardHostPort: host.port },
  })
  const initial = imageOf(shop.data)
  cpSync(shop.kek, join(folder, 'kek'))
  const log = join(folder, 'recording')
  const environment = {
    ...{ ...QUICK, ...shimEnvironment({ library, directory: shop.data, log }) },
    ...options.environment,
  }
  const switchProcess = new SwitchProcess(shop.config, join(folder, 'switch.log'), environment)
  const terminalPorts = new Set<number>()
  const start = async () => {
    await switchProcess.start()
    terminalPorts.add(switchProcess.port('pos') ?? 0)
  }
  try {
    await start()
    await openShop(adminOf(switchProcess, 'power test'), folder, sales * 2)
    const terminals = TIDS.map((tid, index) =>
      lineTerminal({
        ...{ tid, mid: MID, port: () => switchProcess.port('pos'), lossRate: 0.08, jamRate: 0.08 },
        ...{ replyMs: index === 0 ? 350 : 2_000, random: new Seeded(seed * 100 + index) },
      }),
    )
    await sell(terminals, Math.ceil(sales / 2))
    const selling = sell(terminals, Math.ceil(sales / 2))
    await pause(400)
    await switchProcess.kill()
    await start()
    await selling
    host.faults = []
    for (const terminal of terminals) await settle(terminal)
    await switchProcess.stop()
  } finally {
    await switchProcess.kill()
    await host.stop()
  }
  const operations = readRecording(log)
  return {
    initial,
    operations,
    kekFile: join(folder, 'kek'),
    terminalPorts,
    cardHostPort: host.port,
  }
}

function imageOf(directory: string): Image {
  const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(files.map(({ name }) => [name, readFileSync(join(directory, name))]))
}

export async function openShop(
  admin: AdminClient,
  folder: string,
  vouchers: number,
): Promise<void> {
  await addShop(admin, { mid: MID, name: 'POWER TEST', tids: TIDS })
  const digitsOf = (number: number) => 7_919 * number + 10_000_000_000_000
  await importVouchers(admin, folder, { first: 1, count: vouchers, digitsOf })
  await untilSelling(admin)
}

/** So many sales, shared by all terminals; what stays open is ended by the next one. */
async function sell(terminals: readonly LineTerminal[], sales: number): Promise<void> {
  let left = sales
  const work = terminals.map(async (terminal) => {
    while (left-- > 0) {
      const { kind } = await terminal.sell()
      if (kind !== 'sold' && kind !== 'declined') await pause(50)
    }
  })
  await Promise.all(work)
}

async function settle(terminal: LineTerminal): Promise<void> {
  terminal.mend()
  for (let tries = 0; tries < 20; tries++) {
    if ((await terminal.clear()).kind !== 'open') return
    await pause(300)
  }
}
