// Plays traffic against a switch: reads ahead no further than what is due, hands each record to its
// terminal, and at the end brings to an end whatever is open. The load does not wait for the
// switch; when more waits than memory should hold, reading waits, and what is due stays due.

import type { Timers } from '../protocol/link/timers.ts'
import type { TrafficRecord } from '../protocol/traffic/traffic-record.ts'
import type { Schedule } from './schedule.ts'
import type { Stage } from './stage.ts'
import type { TestFleet } from './test-fleet.ts'

export interface PlayOptions {
  readonly traffic: AsyncIterable<readonly TrafficRecord[]>
  readonly fleet: TestFleet
  readonly stage: Stage
  readonly schedule: Schedule
  readonly timers: Timers
  /** Of the traffic, in its own milliseconds. */
  readonly toMs: number
  readonly progress: Progress
}

/** What can be told while it runs. */
export interface Progress {
  records: number
  leftOut: number
  /** Where the traffic is, in its own milliseconds. */
  atMs: number
  isReading: boolean
}

const TICK_MS = 1
/** A stop is not noticed sooner. */
const GAP_MS = 50
/** Then sockets have their turn, however much is due. */
const RECORDS_PER_TICK = 400
const WAITING_MOST = 50_000

/** Resolves when every terminal is quiet; also when the traffic turns out to be damaged. */
export async function play(options: PlayOptions): Promise<void> {
  try {
    await handOut(options)
  } finally {
    options.progress.isReading = false
    await quiet(options)
    await Promise.all([...options.fleet.live()].map((terminal) => terminal.settle()))
  }
}

async function handOut({ traffic, stage, timers, progress, fleet, ...given }: PlayOptions) {
  // Reading up to the part that is played takes its time, and is not the switch's.
  let beganMs: number | undefined
  let inTick = 0
  for await (const records of traffic) {
    if (stage.isStopping()) return
    for (const record of records) {
      if (stage.isStopping() || record.at >= given.toMs) return
      beganMs ??= timers.monotonicMs()
      const dueMs = beganMs + given.schedule(record)
      inTick += 1
      while (mustWait(stage, timers, dueMs) || inTick > RECORDS_PER_TICK) {
        if (stage.isStopping()) return
        inTick = 0
        await pause(timers, between(TICK_MS, dueMs - timers.monotonicMs(), GAP_MS))
      }
      hand(fleet, record, dueMs, progress)
    }
  }
}

function between(least: number, wanted: number, most: number): number {
  return Math.max(least, Math.min(wanted, most))
}

function mustWait({ work }: Stage, timers: Timers, dueMs: number): boolean {
  return dueMs > timers.monotonicMs() || work.waiting >= WAITING_MOST
}

function hand(fleet: TestFleet, record: TrafficRecord, dueMs: number, progress: Progress): void {
  const terminal = fleet.terminal(record.t)
  progress.atMs = record.at
  if (terminal === undefined) {
    progress.leftOut += 1
    return
  }
  progress.records += 1
  terminal.take(record, dueMs)
}

async function quiet({ stage, timers }: PlayOptions): Promise<void> {
  while (stage.work.underWay > 0) await pause(timers, GAP_MS)
}

function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(ms, resolve)
  })
}
