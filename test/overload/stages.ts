// The stages of the trial, one after another on one rig: load from half to ten times what the card
// host takes; a host that is slow, one that stands still and one that loses everything for a while;
// and a reconnect storm among slow clients and clients that never read.

import { setTimeout as pause } from 'node:timers/promises'
import { neverReaders, type StormReport, share, slowClients, storm } from './crowd.ts'
import { recoverySeconds, type StepFigures } from './judge.ts'
import { type Load, load } from './load.ts'
import { quantile, wasTheLimit } from './open-loop.ts'
import { CARD_HOST_MS, type Rig } from './rig.ts'

export interface Plan {
  /** What the card host takes in a second: debits and reversals. */
  readonly capacity: number
  readonly times: readonly number[]
  readonly stepSeconds: number
  readonly slowHostTimes: number
  readonly slowHostSeconds: number
  readonly silent: readonly ('standing' | 'losing')[]
  readonly silentSeconds: number
  readonly recoverySeconds: number
  readonly crowdSeconds: number
  readonly stormConnections: number
  readonly stormSeconds: number
  readonly slowClients: number
  readonly slowEveryMs: number
  readonly neverReaders: number
}

/** The host's own time, whatever is offered: a good part of what it has. */
const SLOW_HOST_MS = CARD_HOST_MS / 2
/** Of the capacity, while a host is silent and while the crowd is there. */
const MODERATE = 0.5
/** Pages of the catalogue that a client asks for and does not read, in a second. */
const UNREAD_PER_SECOND = 400

export async function step(rig: Rig, plan: Plan, times: number): Promise<StepFigures> {
  const perSecond = plan.capacity * times
  const seconds = plan.stepSeconds
  const run = await load(rig, { perSecond, seconds, trickle: true })
  const { tally, loop } = run
  // Whoever came first found an empty queue: a collapse shows only after the card host's time.
  const fromMs = loop.beganMs + CARD_HOST_MS
  const inWindow = tally.sold.filter(({ atMs }) => fromMs <= atMs && atMs <= loop.endedMs)
  const waits = tally.sold.map(({ dueMs, atMs }) => atMs - dueMs)
  const lasted = (loop.endedMs - loop.beganMs) / 1_000
  return {
    times,
    offeredPerSecond: round(tally.offered / lasted),
    goodputPerSecond: round(inWindow.length / (lasted - CARD_HOST_MS / 1_000)),
    acceptedP50Ms: quantile(waits, 0.5),
    acceptedP99Ms: quantile(waits, 0.99),
    ...{ shed: tally.shedMs.length, shedP99Ms: quantile(tally.shedMs, 0.99) },
    ...{ silent: tally.silent, codes: tally.codes, inFlightMost: run.inFlight },
    generatorCpuShare: round(run.generatorCpu),
    switchCpuShare: round(run.switchCpu),
    generatorLatenessP99Ms: loop.latenessP99Ms,
    generatorWasTheLimit: wasTheLimit(loop),
  }
}

/** Judged by the second half: the limit must find out first that nothing waits for anything. */
export async function slowHost(rig: Rig, plan: Plan) {
  rig.line.mode = { kind: 'delay', ms: SLOW_HOST_MS }
  const perSecond = plan.capacity * plan.slowHostTimes
  const run = await load(rig, { perSecond, seconds: plan.slowHostSeconds })
  rig.line.mode = { kind: 'queue', perSecond: plan.capacity }
  const { loop, tally } = run
  const firstHalf = Math.floor(loop.sent / 2)
  const halfMs = loop.beganMs + (firstHalf * 1_000) / perSecond
  const sold = tally.sold.filter(({ dueMs }) => dueMs >= halfMs).length
  const servedShare = share(sold, loop.sent - firstHalf)
  return { hostMs: SLOW_HOST_MS, offeredPerSecond: perSecond, servedShare, inFlight: run.inFlight }
}

export async function silentHost(rig: Rig, plan: Plan, kind: 'standing' | 'losing') {
  const perSecond = plan.capacity * MODERATE
  const seconds = 1 + plan.silentSeconds + plan.recoverySeconds
  const loading = load(rig, { perSecond, seconds })
  await pause(1_000)
  rig.line.mode = { kind }
  await pause(plan.silentSeconds * 1_000)
  const backMs = performance.now()
  const leftOver = rig.line.waiting
  rig.line.mode = { kind: 'queue', perSecond: plan.capacity }
  const { tally, loop } = await loading
  return {
    ...{ kind, seconds: plan.silentSeconds, offeredPerSecond: perSecond, leftOver },
    recoverySeconds: recoverySeconds(tally.sold, perSecond, backMs, loop.endedMs),
    codes: tally.codes,
  }
}

export interface CrowdFigures {
  readonly storm: StormReport
  readonly slowClients: { readonly sockets: number; readonly cut: number }
  readonly neverReaders: { readonly sockets: number; readonly cut: number; readonly sentMb: number }
  readonly honest: {
    readonly offered: number
    readonly servedShare: number
    readonly p99Ms: number
  }
}

export async function crowd(rig: Rig, plan: Plan): Promise<CrowdFigures> {
  const slow = slowClients(rig.port, plan.slowClients, plan.slowEveryMs)
  const deaf = neverReaders(rig.port, plan.neverReaders, UNREAD_PER_SECOND)
  let run: Load
  let stormed: StormReport
  try {
    const loading = load(rig, {
      ...{ perSecond: plan.capacity * MODERATE, seconds: plan.crowdSeconds, trickle: true },
    })
    stormed = await storm(rig, plan.stormConnections, plan.stormSeconds)
    run = await loading
  } finally {
    slow.stop()
    deaf.stop()
  }
  const { tally } = run
  const waits = tally.sold.map(({ dueMs, atMs }) => atMs - dueMs)
  return {
    storm: stormed,
    slowClients: { sockets: plan.slowClients, cut: slow.cut() },
    neverReaders: { sockets: plan.neverReaders, cut: deaf.cut(), sentMb: deaf.sentMb() },
    honest: {
      ...{ offered: tally.offered, servedShare: share(tally.sold.length, tally.offered) },
      p99Ms: quantile(waits, 0.99),
    },
  }
}

function round(value: number): number {
  return Number(value.toFixed(2))
}
