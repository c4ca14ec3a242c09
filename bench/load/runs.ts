// Two ways to sell. Closed loop: each line sells again as soon as it is answered, which finds the
// highest rate. Open loop: sales are due at a fixed rate, whether or not the ones before are
// answered, which finds how long they wait. Both count between two moments of a running load, and
// let what is in flight end afterwards, so that the audit finds nothing half done.

import { cpuMicrosOf, PAGE_BYTES, writtenBytesOf } from './cpu-time.ts'
import type { OpenReport, OpenRunOrder, RunOrder, RunReport } from './orders.ts'
import { quantile, rounded, waitsOf } from './percentiles.ts'
import type { SaleLine } from './sale-line.ts'

const WARM_MS = 150
/** After so long the switch answers no more: the terminal repeats. [wire-protocol 3.1] */
const DRAIN_MS = 30_000
/** Without a core of its own a generator may not look at its clock all the time. */
const TICK_MS = 1

export async function closedRun(lines: readonly SaleLine[], order: RunOrder): Promise<RunReport> {
  let isOver = false
  const seen = { sales: 0, failed: 0 }
  const sellOn = (line: SaleLine): void => {
    if (isOver) return
    line.sell((approved) => {
      if (approved) seen.sales++
      else seen.failed++
      sellOn(line)
    })
  }
  for (const line of lines) sellOn(line)
  await pause(WARM_MS)
  const before = { ...seen, ...meters(order.pid) }
  await pause(order.seconds * 1_000)
  const report = reportOf(before, { ...seen, ...meters(order.pid) })
  isOver = true
  await drained(lines)
  return { ...report, approved: seen.sales }
}

/** A sale that finds no line free waits for one, and its wait counts. */
export async function openRun(
  lines: readonly SaleLine[],
  order: OpenRunOrder,
): Promise<OpenReport> {
  const seen = { sales: 0, failed: 0 }
  const answeredMs: number[] = []
  const latenessMs: number[] = []
  const tick = order.hasOwnCore === true ? turn : () => pause(TICK_MS)
  const free = [...lines]
  const queue: number[] = []
  const underWay = new Set<number>()
  const sell = (line: SaleLine, dueMs: number): void => {
    underWay.add(dueMs)
    line.sell((approved) => {
      underWay.delete(dueMs)
      if (approved) seen.sales++
      else seen.failed++
      answeredMs.push(performance.now() - dueMs)
      const next = queue.shift()
      if (next === undefined) free.push(line)
      else sell(line, next)
    })
  }
  const beganMs = performance.now()
  const planned = Math.round(order.perSecond * order.seconds)
  const before = { ...seen, ...meters(order.pid) }
  for (let sent = 0; sent < planned; ) {
    const nowMs = performance.now()
    for (; sent < planned; sent++) {
      const dueMs = beganMs + (sent * 1_000) / order.perSecond
      if (dueMs > nowMs) break
      latenessMs.push(nowMs - dueMs)
      const line = free.pop()
      if (line === undefined) queue.push(dueMs)
      else sell(line, dueMs)
    }
    await tick()
  }
  const report = reportOf(before, { ...seen, ...meters(order.pid) })
  // What is under way at the end is waited for: its wait would be cut short otherwise.
  await drained(lines)
  const waits = waitsOf(answeredMs, [...underWay, ...queue], performance.now())
  const latenessP99Ms = quantile(Float64Array.from(latenessMs).sort(), 0.99)
  // Of what was waited for too.
  const failed = seen.failed - before.failed
  return { ...report, failed, approved: seen.sales, waits, latenessP99Ms }
}

/** What came is read in between. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

interface Moment {
  readonly sales: number
  readonly failed: number
  readonly atMs: number
  readonly serverMicros: number
  readonly writtenBytes: number
  readonly ownMicros: number
}

export function meters(pid: number | undefined): Omit<Moment, 'sales' | 'failed'> {
  const { user, system } = process.cpuUsage()
  const serverMicros = pid === undefined ? 0 : cpuMicrosOf(pid)
  const writtenBytes = pid === undefined ? 0 : writtenBytesOf(pid)
  return { atMs: performance.now(), serverMicros, writtenBytes, ownMicros: user + system }
}

function reportOf(before: Moment, after: Moment): Omit<RunReport, 'approved'> {
  const sales = after.sales - before.sales
  const ms = after.atMs - before.atMs
  return {
    sales,
    failed: after.failed - before.failed,
    perSecond: rounded((sales * 1_000) / ms),
    cpuMicros: rounded((after.serverMicros - before.serverMicros) / Math.max(1, sales)),
    pagesPerSale: rounded(
      (after.writtenBytes - before.writtenBytes) / PAGE_BYTES / Math.max(1, sales),
    ),
    ...sharesOf(before, after),
  }
}

/** Of server and generator, in cores. */
export function sharesOf(
  before: Omit<Moment, 'sales' | 'failed'>,
  after: Omit<Moment, 'sales' | 'failed'>,
): { serverCpuShare: number; generatorCpuShare: number } {
  const micros = (after.atMs - before.atMs) * 1_000
  return {
    serverCpuShare: rounded((after.serverMicros - before.serverMicros) / micros),
    generatorCpuShare: rounded((after.ownMicros - before.ownMicros) / micros),
  }
}

async function drained(lines: readonly SaleLine[]): Promise<void> {
  await untilIdle(lines)
  for (const line of lines) if (line.isBusy) line.repeat(() => undefined)
  await untilIdle(lines)
}

async function untilIdle(lines: readonly SaleLine[]): Promise<void> {
  const untilMs = performance.now() + DRAIN_MS
  while (lines.some(({ isBusy }) => isBusy) && performance.now() < untilMs) await pause(5)
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
