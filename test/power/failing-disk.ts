// The real switch under the recorder that lets the n-th write, truncation or sync of its files
// fail, once or from then on, as a full disk or as an I/O error. It may go on or end with a code of
// its own; started again on a good disk, all sides must agree. A failed sync must end it.

import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { init } from '../../switch/init.ts'
import { Seeded } from '../simulation/seeded.ts'
import { type LineTerminal, lineTerminal } from './line-terminal.ts'
import { MID, openShop, QUICK, TIDS } from './recorded-run.ts'
import { type Operation, readRecording } from './recording.ts'
import { shimEnvironment } from './shim.ts'
import { auditShop } from './shop-audit.ts'
import { syncViolations } from './sync-judge.ts'
import { WatchedSwitch } from './watched-switch.ts'

export const SETTINGS = {
  ...QUICK,
  EVS_TIMEOUTS_CARD_HOST_MS: '300',
  EVS_TIMEOUTS_DRAIN_MS: '2000',
}

const FAULTS = [
  { probability: 0.1, fault: { kind: 'decline', rc: '51' } },
  { probability: 0.1, fault: { kind: 'act-then-silent' } },
] as const
const STOP_MS = 15_000

export type Failure = 'full once' | 'full' | 'error once' | 'error'
export const FAILURES: readonly Failure[] = ['full once', 'error once', 'full', 'error']

export interface Shop {
  readonly folder: string
  readonly library: string
  readonly program: readonly string[]
  readonly cardHostPort: number
  readonly seed: number
}

/** A shop with its stock, closed: each run begins on a copy of it. */
export async function makeShop(options: Omit<Shop, 'cardHostPort'>): Promise<Shop> {
  const { folder, program, seed } = options
  const host = await startCardHost({ port: 0, seed })
  const dir = join(folder, 'shop')
  const cardHostPort = host.port
  const { config } = await init({ dir, terminalPort: 0, institutionPort: 0, cardHostPort })
  const opening = new WatchedSwitch(config, join(folder, 'switch.log'), SETTINGS, program)
  try {
    if (!(await opening.started())) throw new Error('the shop does not open')
    await openShop(opening.admin, folder, 300)
  } finally {
    await opening.stop(STOP_MS)
    await host.stop()
  }
  return { ...options, cardHostPort }
}

export interface FailingRun {
  readonly operations: number
  readonly injected: number
  /** It ended by itself, as it may. */
  readonly fatal: boolean
  readonly violations: string[]
}

export async function failingRun(
  shop: Shop,
  run: { readonly sales: number; readonly at: number; readonly failure: Failure },
): Promise<FailingRun> {
  const folder = join(shop.folder, `run-${run.at}`)
  mkdirSync(folder)
  cpSync(join(shop.folder, 'shop'), join(folder, 'shop'), { recursive: true })
  const ledger = join(folder, 'ledger.ndjson')
  const host = await startCardHost({
    ...{ port: shop.cardHostPort, ledgerFile: ledger, seed: shop.seed, faults: [...FAULTS] },
  })
  try {
    return await failAndRecover(shop, run, folder, host)
  } finally {
    await host.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function failAndRecover(
  shop: Shop,
  run: { readonly sales: number; readonly at: number; readonly failure: Failure },
  folder: string,
  host: CardHost,
): Promise<FailingRun> {
  const config = join(folder, 'shop', 'evs.yaml')
  const log = join(folder, 'recording')
  const directory = join(folder, 'shop', 'data')
  const recorder = shimEnvironment({ library: shop.library, directory, log })
  const violations: string[] = []
  const state: { running: WatchedSwitch | undefined } = { running: undefined }
  const terminals = TIDS.map((tid, index) =>
    lineTerminal({
      ...{ tid, mid: MID, port: () => state.running?.port, lossRate: 0.02, jamRate: 0.1 },
      ...{ replyMs: 600, random: new Seeded(shop.seed * 100 + index) },
    }),
  )
  const start = (settings: Readonly<Record<string, string>>) =>
    new WatchedSwitch(config, join(folder, 'switch.log'), settings, shop.program)
  const failing = start({
    ...{ ...SETTINGS, ...recorder, ...failureEnvironment(run.at, run.failure) },
  })
  state.running = failing
  if (await failing.started()) await sellWhile(failing, terminals, run.sales)
  const ended = failing.exitCode
  if (!(await failing.stop(STOP_MS))) violations.push('did not end when it was asked to')
  if (ended === 0) violations.push('ended by itself as if all were well')
  const operations = readRecording(log)
  violations.push(...syncViolations(operations, failing.exitCode))
  const again = start(SETTINGS)
  state.running = again
  try {
    if (!(await again.started())) return result(operations, ended, ['does not start again'])
    host.faults = []
    await Promise.all(terminals.map(settle))
    violations.push(...(await auditShop(again.admin, join(folder, 'ledger.ndjson'))))
  } finally {
    await again.stop(STOP_MS)
  }
  return result(operations, ended, violations)
}

function failureEnvironment(at: number, failure: Failure): Record<string, string> {
  return {
    SHIM_FILES_ONLY: '1',
    SHIM_FAIL_AT: String(at),
    ...(failure.startsWith('error') ? { SHIM_EIO: '1' } : {}),
    ...(failure.endsWith('once') ? {} : { SHIM_FAIL_ON: '1' }),
  }
}

function result(
  operations: readonly Operation[],
  ended: number | null | undefined,
  violations: string[],
): FailingRun {
  const count = (...kinds: string[]) => operations.filter(({ kind }) => kinds.includes(kind)).length
  return {
    operations: count('write', 'truncate', 'sync-begin', 'failed'),
    injected: count('failed'),
    fatal: ended !== undefined,
    violations,
  }
}

async function sellWhile(
  running: WatchedSwitch,
  terminals: readonly LineTerminal[],
  sales: number,
): Promise<void> {
  let left = sales
  const work = terminals.map(async (terminal) => {
    while (left-- > 0 && running.running) {
      const { kind } = await terminal.sell()
      if (kind !== 'sold' && kind !== 'declined') await pause(50)
    }
  })
  const gone = (async () => {
    while (running.running && left > -terminals.length) await pause(50)
  })()
  await Promise.race([Promise.all(work), gone])
  const deadline = performance.now() + SELLING_MOST_MS
  while (left > 0 && running.running && performance.now() < deadline) await pause(50)
  left = 0
  await Promise.race([Promise.all(work), pause(4_000)])
}

const SELLING_MOST_MS = 20_000

async function settle(terminal: LineTerminal): Promise<void> {
  terminal.mend()
  for (let tries = 0; tries < 20; tries++) {
    if ((await terminal.clear()).kind !== 'open') return
    await pause(200)
  }
}
