// The switch beside the two relays: closed loop, one after another in every round and in another
// order each time, so that what the machine has to do besides meets all three. A ratio is made
// within its round, and the median of the rounds is told.

import type { OpenReport, RunReport } from './load/orders.ts'
import { median } from './load/percentiles.ts'
import { type Load, loadMaySpin, type Relay } from './pinned.ts'
import type { Shop } from './shop.ts'
import type { Sizes } from './sizes.ts'

export interface Relays {
  readonly bare: Relay
  readonly durable: Relay
}

export interface Round<Report = RunReport> {
  readonly bare: Report
  readonly durable: Report
  readonly server: Report
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
/** Twenty ticks. */
const TOLD_MICROS = 200_000

type Turns<Report> = Readonly<Record<keyof Round, () => Promise<Report>>>

/** With the generator alone too: all three are compiled as they are used. */
export async function warmRelays(
  load: Load,
  shop: Shop,
  relays: Relays,
  run: { connections: number; seconds: number },
): Promise<void> {
  const { relay: port } = await load.ask({ do: 'ports' })
  for (const target of [{ port }, relays.bare, relays.durable]) {
    await load.ask({ do: 'closed', run: { ...run, ...relayed(shop, target) } })
  }
}

/** The shop's frames, to be forwarded. */
function relayed(shop: Shop, { port, pid }: { port: number; pid?: number }) {
  return { fleet: shop.name, port, isRelayed: true, ...(pid === undefined ? {} : { pid }) }
}

export async function compare(
  load: Load,
  shop: Shop,
  relays: Relays,
  options: { connections: number; rounds: number; seconds: number },
): Promise<Comparison> {
  const { connections, seconds } = options
  const forwarded = (target: { port: number; pid?: number }) =>
    load.ask({ do: 'closed', run: { connections, seconds, ...relayed(shop, target) } })
  const { relay: port } = await load.ask({ do: 'ports' })
  const unhindered = await forwarded({ port })
  const turns = {
    bare: () => forwarded(relays.bare),
    durable: () => forwarded(relays.durable),
    server: () => shop.sell(load, { connections, seconds }),
  }
  const rounds: Round[] = []
  for (let n = 0; n < options.rounds; n++) rounds.push(await inOrder(n, turns))
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

async function inOrder<Report>(n: number, turns: Turns<Report>): Promise<Round<Report>> {
  const round: Partial<Record<keyof Round, Report>> = {}
  for (const who of ORDERS[n % ORDERS.length] ?? []) round[who] = await turns[who]()
  return round as Round<Report>
}

export interface Latency {
  readonly perSecond: number
  readonly rounds: readonly Round<OpenReport>[]
  readonly p99Ratio: number
  /**
   * Processor time of a sale, divided by the bare relay's for one, as many of both a second.
   * Undefined where the relay used so little that the kernel's clock ticks do not tell.
   */
  readonly cpuRatioSameRate: number | undefined
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
  const round = (n: number, seconds: number): Promise<Round<OpenReport>> => {
    const run = { connections, seconds, perSecond }
    const forwarded = (relay: Relay): Promise<OpenReport> =>
      load.ask({
        do: 'open',
        run: { ...run, ...relayed(shop, relay), hasOwnCore: loadMaySpin },
      })
    return inOrder(n, {
      bare: () => forwarded(relays.bare),
      durable: () => forwarded(relays.durable),
      server: () => shop.sellAt(load, run),
    })
  }
  await round(0, relayWarmSeconds)
  const rounds: Round<OpenReport>[] = []
  for (let n = 0; n < openRounds; n++) rounds.push(await round(n, sizes.openSeconds))
  const of = (ratio: (one: Round<OpenReport>) => number) => median(rounds.map(ratio))
  return {
    ...{ perSecond, rounds },
    p99Ratio: of(({ server, durable }) => server.waits.p99Ms / durable.waits.p99Ms),
    cpuRatioSameRate: rounds.every(({ bare }) => bare.cpuMicros * bare.sales > TOLD_MICROS)
      ? of(({ server, bare }) => server.cpuMicros / bare.cpuMicros)
      : undefined,
  }
}
