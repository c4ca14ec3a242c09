// The switch beside the two relays: closed loop, one after another in every round and in another
// order each time, so that what the machine has to do besides meets all three. A ratio is made
// within its round, and the median of the rounds is told.

import type { OpenReport, RunReport } from './load/orders.ts'
import { median } from './load/percentiles.ts'
import type { Load, Relay } from './pinned.ts'
import type { Shop } from './shop.ts'
import type { Sizes } from './sizes.ts'

export interface Relays {
  readonly bare: Relay
  readonly durable: Relay
}

export interface Round {
  readonly bare: RunReport
  readonly durable: RunReport
  readonly server: RunReport
}

export interface Comparison {
  readonly connections: number
  readonly rounds: readonly Round[]
  readonly relayRatio: number
  readonly durableRatio: number
  readonly cpuRatio: number
  readonly salesPerSecond: number
  /** What the generator drives with nothing between it and the host, for each sale a second. */
  readonly generatorHeadroom: number
  readonly failed: number
}

const ORDERS = [
  ['bare', 'durable', 'server'],
  ['server', 'bare', 'durable'],
  ['durable', 'server', 'bare'],
] as const

export async function compare(
  load: Load,
  shop: Shop,
  relays: Relays,
  options: { connections: number; rounds: number; seconds: number },
): Promise<Comparison> {
  const { connections, seconds } = options
  const run = { fleet: shop.name, connections, seconds }
  const { relay: direct } = await load.ask({ do: 'ports' })
  const targets = {
    bare: { pid: relays.bare.pid, port: relays.bare.port, isRelayed: true },
    durable: { pid: relays.durable.pid, port: relays.durable.port, isRelayed: true },
    server: { pid: shop.pid, port: shop.port },
  }
  const unhindered = await load.ask({
    do: 'closed',
    run: { ...run, port: direct, isRelayed: true },
  })
  const rounds: Round[] = []
  for (let n = 0; n < options.rounds; n++) {
    const round: Partial<Record<keyof Round, RunReport>> = {}
    for (const who of ORDERS[n % ORDERS.length] ?? []) {
      round[who] = await load.ask({ do: 'closed', run: { ...run, ...targets[who] } })
    }
    rounds.push(round as Round)
  }
  const of = (ratio: (round: Round) => number) => median(rounds.map(ratio))
  const salesPerSecond = of(({ server }) => server.perSecond)
  return {
    ...{ connections, rounds, salesPerSecond },
    relayRatio: of(({ server, bare }) => server.perSecond / bare.perSecond),
    durableRatio: of(({ server, durable }) => server.perSecond / durable.perSecond),
    cpuRatio: of(({ server, bare }) => server.cpuMicros / bare.cpuMicros),
    generatorHeadroom: unhindered.perSecond / salesPerSecond,
    failed: rounds.reduce((sum, { server }) => sum + server.failed, 0),
  }
}

export interface Latency {
  readonly perSecond: number
  readonly rounds: readonly { readonly durable: OpenReport; readonly server: OpenReport }[]
  readonly p99Ratio: number
}

/** The host answers at once: all that is waited is added to its time. */
export async function latencies(
  load: Load,
  shop: Shop,
  { durable }: Relays,
  options: { sizes: Sizes; perSecond: number },
): Promise<Latency> {
  const { sizes, perSecond } = options
  const { connections, openSeconds: seconds, openRounds } = sizes
  const run = { fleet: shop.name, connections, seconds, perSecond }
  const rounds: { durable: OpenReport; server: OpenReport }[] = []
  for (let n = 0; n < openRounds; n++) {
    const relayed = { ...run, pid: durable.pid, port: durable.port, isRelayed: true }
    rounds.push({
      durable: await load.ask({ do: 'open', run: relayed }),
      server: await load.ask({ do: 'open', run: { ...run, pid: shop.pid, port: shop.port } }),
    })
  }
  const p99Ratio = median(
    rounds.map(({ server, durable: yard }) => server.waits.p99Ms / yard.waits.p99Ms),
  )
  return { perSecond, rounds, p99Ratio }
}
