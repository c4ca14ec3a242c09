// Hundreds of thousands of terminals that are connected through gateways and silent: what one costs
// in memory, and what they cost those that sell. And terminals that connect for one sale and go,
// beside a server that accepts and closes.

import { createReadStream, writeFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { auditStore } from './audit.ts'
import type { Built } from './built.ts'
import {
  BenchGateway,
  Crowd,
  descriptorsMost,
  gatewayGroups,
  type Papers,
  papers,
} from './crowd.ts'
import { cpuMicrosOf, residentKbOf } from './load/cpu-time.ts'
import type { IdleReport } from './load/idle-process.ts'
import type { OpenReport, VisitReport } from './load/orders.ts'
import { median, rounded } from './load/percentiles.ts'
import { type Load, loadMaySpin, startRelay } from './pinned.ts'
import { MID, Shop } from './shop.ts'
import type { Sizes } from './sizes.ts'

export interface TerminalOptions {
  readonly sizes: Sizes
  readonly folder: string
  readonly built: Built
  readonly startedMs: number
  readonly say: (what: string) => void
  /** What must end whatever happens. */
  readonly ends: (() => void | Promise<void>)[]
}

const NAME = 'gateways'
const FIRST_TID = 20_000_001
const TERMINALS = 200
const VOUCHERS = 300_000
/** Of descriptors that a gateway wants for itself. */
const SPARE = 500
/** Below so much free memory no further connections are opened. */
const FREE_LEAST_BYTES = 2 * 1024 ** 3
/** Gateways that are filled at once. */
const TOGETHER = 4
/** Longer than a gateway needs to let a silent connection rest. */
const REST_MS = 130_000

interface Crowded {
  readonly shop: Shop
  readonly gateways: BenchGateway[]
  readonly crowds: Crowd[]
}

export async function terminals(load: Load, options: TerminalOptions) {
  const { sizes, folder, built, say, ends } = options
  const files = papers(folder)
  const shop = await Shop.open(load, {
    ...{ name: NAME, folder, program: [built.path('evs.ts')], terminals: TERMINALS, keyed: false },
    isIdle: true,
    listeners: tlsListener(files),
    groups: gatewayGroups(files),
  })
  ends.push(() => shop.stop())
  await shop.stock(VOUCHERS)
  const registered = sizes.gateways * sizes.idlePerGateway
  say(`${registered} terminals are registered`)
  const registerSeconds = await register(shop, folder, registered)
  const opened: Crowded = { shop, gateways: [], crowds: [] }
  ends.push(async () => {
    for (const crowd of opened.crowds) crowd.stop()
    for (const gateway of opened.gateways) await gateway.stop()
  })
  say('visits')
  const visits = await visiting(load, shop, { files, options })
  say('memory of a connection')
  const tlsSlope = await slope(opened, options, files, true)
  await close(opened)
  const first = await gatewayOf(opened, options, files, false)
  const before = await sellBeside(load, { shop, gateway: first }, sizes)
  const idle = await idleUntilFull(opened, options, files)
  const during = await sellBeside(load, { shop, gateway: first }, sizes)
  const stillOpen = await countOf(opened)
  for (const crowd of opened.crowds.splice(0)) crowd.stop()
  await pause(sizes.settleMs)
  const after = await sellBeside(load, { shop, gateway: first }, sizes)
  await close(opened)
  const audit = await audited(load, shop, options)
  // What they leave when all of them go at once is told too, and is no quiet time.
  const [quiet, beside] = [before, during].map((runs) => median(runs.map(p99Of)))
  const p99IdleRatio = rounded((beside ?? 0) / (quiet ?? 0))
  return {
    figures: {
      idleTerminals: stillOpen,
      idleKb: kbOf(idle.slope),
      idleTlsKb: kbOf(tlsSlope),
      p99IdleRatio,
      visitRatio: visits.clear.ratio,
      visitRatioTls: visits.tls.ratio,
    },
    audit,
    detail: {
      ...{ registered, registerSeconds, idle, tlsSlope, visits },
      sales: { before, during, after },
    },
  }
}

function p99Of({ waits }: OpenReport): number {
  return waits.p99Ms
}

/** A switch whose memory shrinks meanwhile makes no connection cheaper. */
function kbOf({ gatewayKb, switchKb }: Slope): number {
  return rounded(gatewayKb + Math.max(0, switchKb))
}

async function audited(load: Load, shop: Shop, { folder, startedMs }: TerminalOptions) {
  const file = join(folder, `${NAME}.books`)
  await load.ask({ do: 'books', fleet: NAME, file })
  const { sold, ...found } = auditStore(join(shop.data, 'evs.db'), file, startedMs)
  return { auditedSales: sold, ...found }
}

function tlsListener({ server: { certificate, key } }: Papers): string {
  const tls = `tls: { certificate: ${certificate}, key: ${key} }`
  return `  - { name: tls, kind: terminal, port: 0, keys: none, insecure: true, ${tls} }\n`
}

async function register(shop: Shop, folder: string, count: number): Promise<number> {
  const rows = ['mid,tid,scheme']
  for (let n = 0; n < count; n++) rows.push(`${MID},${FIRST_TID + n},none`)
  const file = join(folder, 'terminals.csv')
  writeFileSync(file, `${rows.join('\n')}\n`)
  const request = { fileName: 'terminals.csv', dryRun: false }
  for await (const event of shop.admin.importTerminals(request, createReadStream(file))) {
    if (event.kind === 'done' && event.added === count) return event.seconds
    if (event.kind === 'done') throw new Error(`${event.added} of ${count} were registered`)
  }
  throw new Error('the registration did not end')
}

interface Slope {
  readonly connections: number
  /** Resident memory of gateway and switch for each connection: after its echo, and at rest. */
  readonly gatewayKb: number
  readonly switchKb: number
  readonly switchKbAtRest: number
  readonly openPerSecond: number
}

async function gatewayOf(
  { shop, gateways }: Crowded,
  { folder, built }: TerminalOptions,
  files: Papers,
  tls: boolean,
): Promise<BenchGateway> {
  const gateway = await BenchGateway.open({
    ...{ folder, program: [built.path('evs.ts')], papers: files, tls },
    ...{ switchPort: shop.gatewayPort, index: gateways.length },
  })
  gateways.push(gateway)
  return gateway
}

async function fill(
  { crowds, gateways }: Crowded,
  gateway: BenchGateway,
  { sizes, built }: TerminalOptions,
): Promise<IdleReport> {
  const index = gateways.indexOf(gateway)
  const crowd = await Crowd.start(built.path('bench/load/idle-process.ts'))
  crowds.push(crowd)
  const { host, port, tls } = gateway
  return crowd.open({
    place: { host, port, tls, from: `127.0.1.${10 + index}` },
    ...{ mid: MID, firstTid: FIRST_TID + index * sizes.idlePerGateway },
    count: Math.min(tls ? sizes.idleTls : sizes.idlePerGateway, descriptorsMost() - SPARE),
  })
}

/** From nothing to a full gateway. */
async function slope(
  opened: Crowded,
  options: TerminalOptions,
  files: Papers,
  tls: boolean,
): Promise<Slope> {
  const gateway = await gatewayOf(opened, options, files, tls)
  await pause(options.sizes.settleMs)
  return slopeOf(opened, gateway, options)
}

async function slopeOf(
  opened: Crowded,
  gateway: BenchGateway,
  options: TerminalOptions,
): Promise<Slope> {
  const { shop } = opened
  const pids = [gateway.pid, shop.pid] as const
  const [gatewayKb, switchKb] = pids.map(residentKbOf) as [number, number]
  const beganMs = performance.now()
  const { open } = await fill(opened, gateway, options)
  const openPerSecond = rounded((open * 1_000) / (performance.now() - beganMs))
  await pause(options.sizes.settleMs)
  const each = (pid: number, kb: number) => rounded((residentKbOf(pid) - kb) / open)
  const spoken = { gatewayKb: each(pids[0], gatewayKb), switchKb: each(pids[1], switchKb) }
  if (options.sizes.startsAgain) await pause(REST_MS)
  const switchKbAtRest = each(pids[1], switchKb)
  return { connections: open, ...spoken, switchKbAtRest, openPerSecond }
}

/** Gateway after gateway, until all terminals are there or something ends it. */
async function idleUntilFull(opened: Crowded, options: TerminalOptions, files: Papers) {
  const { sizes, say } = options
  const [first] = opened.gateways
  if (first === undefined) throw new Error('there is no gateway')
  const seen = await slopeOf(opened, first, options)
  let stoppedBy = 'nothing: all are connected'
  let open = seen.connections
  while (opened.gateways.length < sizes.gateways) {
    if (freemem() < FREE_LEAST_BYTES) {
      stoppedBy = 'memory of the machine'
      break
    }
    const more = Math.min(TOGETHER, sizes.gateways - opened.gateways.length)
    const gateways: BenchGateway[] = []
    while (gateways.length < more) {
      gateways.push(await gatewayOf(opened, options, files, false))
    }
    const reports = await Promise.all(gateways.map((one) => fill(opened, one, options)))
    open += sum(reports.map((report) => report.open))
    say(`${open} terminals are connected`)
    const short = reports.find((report) => report.open < sizes.idlePerGateway)
    if (short !== undefined) {
      const isFailed = Object.keys(short.failed).length > 0
      stoppedBy = isFailed ? JSON.stringify(short.failed) : 'descriptors of a process'
      break
    }
  }
  await pause(sizes.settleMs)
  const gatewaysMb = Math.round(sum(opened.gateways.map(({ pid }) => residentKbOf(pid))) / 1_024)
  const cpuBefore = sum(opened.gateways.map(({ pid }) => cpuMicrosOf(pid)))
  await pause(sizes.settleMs)
  const used = sum(opened.gateways.map(({ pid }) => cpuMicrosOf(pid))) - cpuBefore
  return {
    ...{ slope: seen, stoppedBy, gateways: opened.gateways.length, gatewaysMb },
    idleCpuShare: rounded(used / (sizes.settleMs * 1_000)),
    switchMb: Math.round(residentKbOf(opened.shop.pid) / 1_024),
    freeMb: Math.round(freemem() / 1024 ** 2),
  }
}

async function countOf({ crowds }: Crowded): Promise<number> {
  const counts = await Promise.all(crowds.map((crowd) => crowd.count()))
  return sum(counts.map(({ open }) => open))
}

async function close({ gateways, crowds }: Crowded): Promise<void> {
  for (const crowd of crowds.splice(0)) crowd.stop()
  for (const gateway of gateways.splice(0)) await gateway.stop()
}

/** Sales through the first gateway, at a fixed rate. */
async function sellBeside(
  load: Load,
  { shop, gateway }: { shop: Shop; gateway: BenchGateway },
  sizes: Sizes,
): Promise<OpenReport[]> {
  const { openRounds, openSeconds: seconds, idleRate: perSecond } = sizes
  const { host, port } = gateway
  const own = { fleet: NAME, host, port, hasOwnCore: loadMaySpin }
  const run = { ...own, connections: TERMINALS, seconds, perSecond }
  const reports: OpenReport[] = []
  for (let n = 0; n < openRounds; n++) {
    await shop.stockFor(seconds, perSecond)
    const report = await load.ask({ do: 'open', run })
    shop.sold(report.approved)
    reports.push(report)
  }
  return reports
}

interface Visits {
  readonly ratio: number
  /** Processor time of the bare server for a visit, divided by the switch's. */
  readonly cpuShare: number
  readonly rounds: readonly { readonly selling: VisitReport; readonly bare: VisitReport }[]
}

async function visiting(
  load: Load,
  shop: Shop,
  { files, options }: { files: Papers; options: TerminalOptions },
): Promise<{ clear: Visits; tls: Visits }> {
  const { built, ends } = options
  const module = built.path('bench/relays/bare-acceptor.ts')
  const { certificate, key } = files.server
  const clear = await startRelay(module, [])
  ends.push(() => clear.stop())
  const secured = await startRelay(module, [certificate, key])
  ends.push(() => secured.stop())
  const compared = async (tls: boolean): Promise<Visits> => {
    const bare = tls ? secured : clear
    const { visitSeconds: seconds, visitRounds } = options.sizes
    const run = { fleet: NAME, connections: 100, seconds, tls }
    const rounds: { selling: VisitReport; bare: VisitReport }[] = []
    for (let n = 0; n < visitRounds; n++) {
      const port = shop.portOf(tls ? 'tls' : 'pos')
      const own = { ...run, port, pid: shop.pid }
      await shop.stockFor(seconds)
      const selling = await load.ask({ do: 'visits', run: own, isBare: false })
      shop.sold(selling.approved)
      const other = { ...run, port: bare.port, pid: bare.pid }
      rounds.push({ selling, bare: await load.ask({ do: 'visits', run: other, isBare: true }) })
    }
    const ratio = median(rounds.map((one) => one.selling.perSecond / one.bare.perSecond))
    const cpuShare = median(rounds.map((one) => one.bare.cpuMicros / one.selling.cpuMicros))
    return { ratio, cpuShare, rounds }
  }
  return { clear: await compared(false), tls: await compared(true) }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
