// The switch beside the two relays: closed loop, one after another in every round and in another
// order each time, so that what the machine has to do besides meets all three. A ratio is made
// within its round, and the median of the rounds is told.

import type { OpenReport, RunReport } from './load/orders.ts'
import { median } from './load/percentiles.ts'
import { isPinned, type Load, type Relay } from './pinned.ts'
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
  /** Rounds whose bare relay had time to spare while the generator's core had none. */
  readonly generatorBound: number
  /** What a core of its own would take of the bare relay, by its processor time. */
  readonly barePerSecondOfCore: number
  readonly failed: number
}

const ORDERS = [
  ['bare', 'durable', 'server'],
  ['server', 'bare', 'durable'],
  ['durable', 'server', 'bare'],
] as const
/** A core that is used so much has nothing to spare. */
const FULL = 0.9

type Turns = Readonly<Record<keyof Round, () => Promise<RunReport>>>

export async function compare(
  load: Load,
  shop: Shop,
  relays: Relays,
  options: { connections: number; rounds: number; seconds: number; warmSeconds?: number },
): Promise<Comparison> {
  const { connections, seconds, warmSeconds = 0 } = options
  const relayed = (port: number, pid?: number) => (forSeconds: number) =>
    load.ask({
      do: 'closed',
      run: {
        ...{ fleet: shop.name, connections, seconds: forSeconds, port, isRelayed: true },
        ...(pid === undefined ? {} : { pid }),
      },
    })
  const { relay } = await load.ask({ do: 'ports' })
  const direct = relayed(relay)
  const bare = relayed(relays.bare.port, relays.bare.pid)
  const durable = relayed(relays.durable.port, relays.durable.pid)
  if (warmSeconds > 0) for (const run of [direct, bare, durable]) await run(warmSeconds)
  const unhindered = await direct(seconds)
  const rounds = await inTurn(options.rounds, {
    bare: () => bare(seconds),
    durable: () => durable(seconds),
    server: () => shop.sell(load, { connections, seconds }),
  })
  const of = (ratio: (round: Round) => number) => median(rounds.map(ratio))
  const salesPerSecond = of(({ server }) => server.perSecond)
  return {
    ...{ connections, rounds, salesPerSecond },
    relayRatio: of(({ server, bare: one }) => server.perSecond / one.perSecond),
    durableRatio: of(({ server, durable: one }) => server.perSecond / one.perSecond),
    cpuRatio: of(({ server, bare: one }) => server.cpuMicros / one.cpuMicros),
    generatorHeadroom: unhindered.perSecond / salesPerSecond,
    generatorBound: rounds.filter(({ bare: one }) => isGeneratorBound(one)).length,
    barePerSecondOfCore: Math.round(1e6 / of(({ bare: one }) => one.cpuMicros)),
    failed: rounds.reduce((sum, { server }) => sum + server.failed, 0),
  }
}

export function isGeneratorBound({ serverCpuShare, generatorCpuShare }: RunReport): boolean {
  return generatorCpuShare > FULL && serverCpuShare <= FULL
}

async function inTurn(count: number, turns: Turns): Promise<Round[]> {
  const rounds: Round[] = []
  for (let n = 0; n < count; n++) {
    const round: Partial<Record<keyof Round, RunReport>> = {}
    for (const who of ORDERS[n % ORDERS.length] ?? []) round[who] = await turns[who]()
    rounds.push(round as Round)
  }
  return rounds
}

export interface Latency {
  readonly perSecond: number
  readonly rounds: readonly LatencyRound[]
  readonly p99Ratio: number
  /** Processor time of a sale, divided by the bare relay's for one, as many of both a second. */
  readonly cpuRatioSameRate: number
}

interface LatencyRound {
  readonly bare: OpenReport
  readonly durable: OpenReport
  readonly server: OpenReport
}

/** The host answers at once: all that is waited is added to its time. */
export async function latencies(
  load: Load,
  shop: Shop,
  relays: Relays,
  options: { sizes: Sizes; perSecond: number },
): Promise<Latency> {
  const { sizes, perSecond } = options
  const { connections, openRounds, relayWarmSeconds } = sizes
  const round = async (seconds: number): Promise<LatencyRound> => {
    const run = { connections, seconds, perSecond }
    const relayed = ({ pid, port }: Relay): Promise<OpenReport> => {
      const own = { fleet: shop.name, pid, port, isRelayed: true, hasOwnCore: isPinned }
      return load.ask({ do: 'open', run: { ...run, ...own } })
    }
    return {
      bare: await relayed(relays.bare),
      durable: await relayed(relays.durable),
      server: await shop.sellAt(load, run),
    }
  }
  await round(relayWarmSeconds)
  const rounds: LatencyRound[] = []
  for (let n = 0; n < openRounds; n++) rounds.push(await round(sizes.openSeconds))
  const of = (ratio: (one: LatencyRound) => number) => median(rounds.map(ratio))
  return {
    ...{ perSecond, rounds },
    p99Ratio: of(({ server, durable }) => server.waits.p99Ms / durable.waits.p99Ms),
    cpuRatioSameRate: of(({ server, bare }) => server.cpuMicros / bare.cpuMicros),
  }
}
