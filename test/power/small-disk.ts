// A real file system of a few megabytes that fills up while the switch sells: new sales must be
// answered 96 before any debit, sales that were debited must end, terminals' reversals must be
// accepted and reach the card host; with space again, selling must come back by itself. Once with a
// log that must grow, and once with one at its full size: then the first to find no room is the
// checkpoint, for commits write over what is there.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { init } from '../../switch/init.ts'
import { Seeded } from '../simulation/seeded.ts'
import { SETTINGS } from './failing-disk.ts'
import { type LineTerminal, lineTerminal } from './line-terminal.ts'
import { MID, openShop, TIDS } from './recorded-run.ts'
import { auditShop } from './shop-audit.ts'
import { WatchedSwitch } from './watched-switch.ts'

const DISK_BYTES = 12 << 20
const BALLAST_BYTES = 2 << 20
const STOP_MS = 15_000
const OUTAGE_SALES = 12
const RESUME_MOST_MS = 10_000
/** Of the log, when a checkpoint is due; and sales that need as much of it again, and to spare. */
const LOG_BYTES = 1_000 * 4_096
const LOG_SALES = 150

/** How the log stands when the space goes. */
type Log = 'cut short' | 'at its full size'
const LOGS: readonly Log[] = ['cut short', 'at its full size']

export interface SmallDiskResult {
  readonly smallFileSystem: boolean
  /** Why it was not tried. */
  readonly skipped?: string
  readonly resumedMs: number
  readonly refusedDuringOutage: number
  /** Terminals' reversals accepted, and their debits given back, while there was no space. */
  readonly reversalsDuringOutage: number
  readonly violations: string[]
}

interface Options {
  readonly folder: string
  readonly seed: number
  readonly program: readonly string[]
}

/** Of both logs: the longest time and the sums. */
export async function smallDisk(options: Options): Promise<SmallDiskResult> {
  const results: SmallDiskResult[] = []
  for (const log of LOGS) results.push(await onSmallDisk({ ...options, log }))
  const sum = (key: 'refusedDuringOutage' | 'reversalsDuringOutage') =>
    results.reduce((total, result) => total + result[key], 0)
  return {
    ...(results[0] as SmallDiskResult),
    resumedMs: Math.max(...results.map(({ resumedMs }) => resumedMs)),
    refusedDuringOutage: sum('refusedDuringOutage'),
    reversalsDuringOutage: sum('reversalsDuringOutage'),
    violations: results.flatMap(({ violations }, index) =>
      violations.map((violation) => `${violation} (log ${LOGS[index]})`),
    ),
  }
}

async function onSmallDisk(options: Options & { readonly log: Log }): Promise<SmallDiskResult> {
  const none = { resumedMs: 0, refusedDuringOutage: 0, reversalsDuringOutage: 0, violations: [] }
  const disk = join(options.folder, `small, log ${options.log}`)
  mkdirSync(disk)
  try {
    const size = `size=${DISK_BYTES}`
    execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', disk], { stdio: 'pipe' })
  } catch {
    return { smallFileSystem: false, skipped: 'mounting a tmpfs is not permitted', ...none }
  }
  try {
    return await fillAndFree({ ...options, disk })
  } finally {
    execFileSync('umount', ['-l', disk])
  }
}

interface Scene {
  readonly running: WatchedSwitch
  readonly host: CardHost
  readonly filler: string
  readonly log: Log
  readonly violations: string[]
  readonly seller: LineTerminal
  readonly terminal: (index: number, jamRate: number) => LineTerminal
}

async function fillAndFree(
  options: Options & { readonly disk: string; readonly log: Log },
): Promise<SmallDiskResult> {
  const { folder, disk, log, seed, program } = options
  const ledger = join(folder, `small-ledger, log ${log}.ndjson`)
  const host = await startCardHost({ port: 0, ledgerFile: ledger, seed })
  const dir = join(disk, 'shop')
  const made = { dir, terminalPort: 0, institutionPort: 0, cardHostPort: host.port }
  const { config, data } = await init(made)
  const settings = {
    ...SETTINGS,
    EVS_TIMEOUTS_CARD_HOST_MS: '1500',
    EVS_LIMITS_BALLAST_BYTES: String(BALLAST_BYTES),
  }
  const start = () => new WatchedSwitch(config, join(folder, 'switch.log'), settings, program)
  const opening = start()
  await opening.started()
  await openShop(opening.admin, folder, 300)
  // The stop cuts the log short: what is sold from here on needs new space.
  await opening.stop(STOP_MS)
  const running = start()
  const violations: string[] = []
  try {
    if (!(await running.started())) throw new Error('the switch does not start')
    const logBytes = () => statSync(join(data, 'evs.db-wal')).size
    const terminal = (index: number, jamRate: number) =>
      lineTerminal({
        ...{ tid: TIDS[index] ?? '', mid: MID, port: () => running.port, lossRate: 0, jamRate },
        ...{ replyMs: 4_000, random: new Seeded(seed + index) },
      })
    const seller = terminal(0, 0)
    await untilSold(seller, RESUME_MOST_MS)
    if (log === 'at its full size') await growLog(seller, logBytes)
    const filler = join(disk, 'filler')
    const scene = { running, host, filler, log, violations, seller, terminal }
    const seen = await outage(scene)
    violations.push(...(await auditShop(running.admin, ledger)))
    return { smallFileSystem: true, ...seen, violations }
  } finally {
    await running.stop(STOP_MS)
    await host.stop()
  }
}

async function outage(scene: Scene) {
  const { running, host, filler, log, violations, seller, terminal } = scene
  let soldBefore = host.netDebits().length
  // These are debited while the space goes, and their paper jams: each is reversed afterwards.
  const late = { kind: 'late', ms: { from: 600, to: 600 } } as const
  host.faults = [{ on: 'purchase', probability: 1, fault: late }]
  const jammed = [1, 2, 3, 4, 5].map((index) => terminal(index, 1).sell())
  await pause(400)
  fill(filler)
  host.faults = []
  if (log === 'at its full size') soldBefore += await sellUntilTold(seller)
  const ends = await Promise.all(jammed)
  const reversed = ends.filter(({ kind }) => kind === 'reversed').length
  if (reversed < jammed.length) violations.push(`${jammed.length - reversed} sales not reversed`)
  const reasons = await readyz(running)
  if (!reasons.includes('the disk is full')) violations.push(`not told of a full disk: ${reasons}`)
  for (let spent = 0; spent < GIVEN_BACK_MOST_MS; spent += 100) {
    if (host.netDebits().length <= soldBefore) break
    await pause(100)
  }
  const left = host.netDebits().length - soldBefore
  if (left > 0) violations.push(`${left} debits not given back on a full disk`)
  const debitsBefore = debitsOf(host)
  let refused = 0
  for (let n = 0; n < OUTAGE_SALES; n++) {
    const outcome = await seller.sell()
    // A terminal ends a sale that was answered 96 with a reversal, which has to be accepted too.
    if (outcome.kind === 'reversed' && outcome.responseCode === '96') refused++
    else violations.push(`a sale on a full disk ended as ${outcome.kind}`)
  }
  if (debitsOf(host) > debitsBefore) violations.push('a sale was debited on a full disk')
  rmSync(filler)
  const resumedMs = await untilSold(seller, RESUME_MOST_MS * 2)
  if (resumedMs > RESUME_MOST_MS) violations.push(`sold again after ${resumedMs} ms only`)
  const reversalsDuringOutage = reversed - Math.max(0, left)
  return { resumedMs, refusedDuringOutage: refused, reversalsDuringOutage }
}

const GIVEN_BACK_MOST_MS = 5_000

function debitsOf(host: CardHost): number {
  return host.netDebits().length
}

async function untilSold(terminal: LineTerminal, withinMs: number): Promise<number> {
  const started = performance.now()
  while (performance.now() - started < withinMs) {
    if ((await terminal.sell()).kind === 'sold') break
    await pause(100)
  }
  return Math.round(performance.now() - started)
}

/** Until the next commits write over what is there. */
async function growLog(seller: LineTerminal, logBytes: () => number): Promise<void> {
  for (let sales = 0; logBytes() < LOG_BYTES; sales++) {
    if (sales === LOG_SALES) throw new Error(`a log of ${logBytes()} bytes after ${sales} sales`)
    await seller.sell()
  }
}

/** Sells on into the room that the log has, until a sale is refused. */
async function sellUntilTold(seller: LineTerminal): Promise<number> {
  for (let sold = 0; sold < LOG_SALES; sold++) {
    if ((await seller.sell()).kind !== 'sold') return sold
  }
  throw new Error(`${LOG_SALES} sales on a full disk`)
}

/** Takes all space that is left, to the last block. */
function fill(file: string): void {
  for (let size = 1 << 20; size >= 4_096; size >>= 1) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size, 1), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}

async function readyz(running: WatchedSwitch): Promise<string> {
  const reply = await fetch(`http://127.0.0.1:${running.probePort}/readyz`)
  return await reply.text()
}
