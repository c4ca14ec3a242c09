// The stage of sales: the switch beside the two relays at its highest rate, with and without keys;
// in an open loop at half of it; and at other numbers of connections. What a round is and what a
// ratio is made of is told in `relay-rounds.ts`.

import { join } from 'node:path'
import type { Built } from './built.ts'
import { descriptorsMost } from './crowd.ts'
import { type Load, startRelay } from './pinned.ts'
import { type Comparison, compare, latencies, type Relays, warmRelays } from './relay-rounds.ts'
import type { Shop } from './shop.ts'
import type { Sizes } from './sizes.ts'

export async function openRelays(
  load: Load,
  options: { built: Built; folder: string; ends: (() => void)[] },
): Promise<Relays> {
  const { built, folder, ends } = options
  const { relay: host } = await load.ask({ do: 'ports' })
  const file = join(folder, 'durable-relay.log')
  const bare = await startRelay(built.path('bench/relays/bare.ts'), [String(host)])
  ends.push(() => bare.stop())
  const module = built.path('bench/relays/durable-relay.ts')
  const durable = await startRelay(module, [String(host), file])
  ends.push(() => durable.stop())
  return { bare, durable }
}

export async function sales(
  load: Load,
  { plain, keyed }: { plain: Shop; keyed: Shop },
  relays: Relays,
  { sizes, say }: { sizes: Sizes; say: (what: string) => void },
) {
  const { rounds, roundSeconds: seconds, connections, relayWarmSeconds } = sizes
  for (const shop of [plain, keyed]) {
    await shop.stock(sizes.vouchers)
    if (sizes.startsAgain) await shop.checked()
    await shop.sell(load, { connections, seconds: sizes.warmSeconds })
  }
  say('rounds without cryptography')
  await warmRelays(load, plain, relays, { connections, seconds: relayWarmSeconds })
  const before = await plain.meanGroup()
  await relays.durable.groups()
  const order = { connections, rounds, seconds }
  const clear = await compare(load, plain, relays, order)
  const { appends, groups } = await relays.durable.groups()
  const after = await plain.meanGroup()
  say('rounds with cryptography')
  const crypto = await compare(load, keyed, relays, order)
  say('open loop')
  const perSecond = Math.round(clear.salesPerSecond / 2)
  const latency = await latencies(load, plain, relays, { sizes, perSecond })
  const otherConnections: Comparison[] = []
  for (const count of sizes.otherConnections) {
    say(`${count} connections${hasDescriptors(count) ? '' : ': left out, for want of descriptors'}`)
    if (!hasDescriptors(count)) continue
    const other = { connections: count, rounds: 1, seconds }
    otherConnections.push(await compare(load, plain, relays, other))
  }
  return {
    figures: {
      ...{ relayRatio: clear.relayRatio, relayRatioCrypto: crypto.relayRatio },
      ...{ durableRatio: clear.durableRatio, durableRatioCrypto: crypto.durableRatio },
      ...{ cpuRatio: clear.cpuRatio, cpuRatioCrypto: crypto.cpuRatio },
      ...{ cpuRatioSameRate: latency.cpuRatioSameRate, p99Ratio: latency.p99Ratio },
      ...{ salesPerSecond: clear.salesPerSecond, salesPerSecondCrypto: crypto.salesPerSecond },
    },
    detail: {
      ...{ clear, crypto, latency, otherConnections },
      meanGroup: {
        switch: mean(after.records - before.records, after.groups - before.groups),
        durableRelay: mean(appends, groups),
      },
    },
  }
}

/** The load process has both ends of the relay's side, and something for itself. */
function hasDescriptors(connections: number): boolean {
  return connections * 2 + 500 < descriptorsMost()
}

function mean(sum: number, count: number): number {
  return Number((sum / Math.max(1, count)).toFixed(1))
}
