// Limits of a day in a world that has come to rest, where it is known what counts: what is left is
// sold to the last sale and no further, over a restart and over midnight; a reversal gives back on
// the day of its sale and on no other. In the end the limits are lifted again.

import type { Oracle } from '../oracle/oracle.ts'
import type { Seeded } from '../seeded.ts'
import type { ShopTerminal } from '../shop-terminal.ts'
import type { VirtualTime } from '../virtual-time.ts'
import { tehran } from '../wire/calendar.ts'
import { type DayLimit, type Limited, placeOf, untilMidnightMs } from './day-limits.ts'
import type { LimitKeeper } from './limit-keeper.ts'

export interface ProbeWorld {
  readonly time: VirtualTime
  readonly random: Seeded
  readonly oracle: Oracle
  readonly limits: LimitKeeper
  readonly terminals: readonly ShopTerminal[]
  readonly lines: { pause(ms: number): Promise<void> }
  restart(): Promise<void>
  refill(product: string, count: number): void
  fillDisk(ms: number): void
}

const PRODUCT = '091905'
const PRICE = 50_000
/** How often all terminals sell at the same moment. */
const TOGETHER = 3
/** What a probe takes, at most. */
const ROOM_MS = 30 * 60_000
/** The last of a day. */
const EVENING_MS = 5 * 60_000

export async function probeLimits(world: ProbeWorld): Promise<void> {
  world.refill(PRODUCT, 40 + TOGETHER * world.terminals.length)
  await roomToday(world)
  await sellTogether(world)
  for (const by of ['count', 'rial'] as const) {
    for (const whose of ['terminal', 'merchant'] as const) await probeUse(world, whose, by)
    await probeAtOnce(world, by)
  }
  await probeMidnight(world)
  await probeGivenBack(world)
}

/** Sales of a merchant that share a commit count each; what follows looks at it, over a restart. */
async function sellTogether({ terminals }: ProbeWorld): Promise<void> {
  for (let round = 0; round < TOGETHER; round++) {
    await Promise.all(terminals.map((terminal) => terminal.sellPlainly(PRODUCT, 1)))
  }
}

/** What has been sold today and one sale more; then a restart, after which it is no different. */
async function probeUse(
  world: ProbeWorld,
  whose: Limited['whose'],
  by: keyof DayLimit,
): Promise<void> {
  const terminal = world.random.pick(world.terminals)
  const { entry } = terminal
  const of = { whose, key: whose === 'terminal' ? entry.key : entry.merchant.key }
  const { limit, isExact } = roomForOne(world, of, by)
  world.limits.give(of, limit)
  await expectCode(world, terminal, { code: '00', why: `with room for one more by ${by}` })
  if (isExact) {
    if (world.random.chance(0.5)) await world.restart()
    const others = world.terminals.filter(({ entry: { merchant } }) => merchant === entry.merchant)
    const next = whose === 'terminal' ? terminal : world.random.pick(others)
    await expectCode(world, next, { code: '61', why: `at the ${whose}’s limit by ${by}` })
  }
  world.limits.give(of, undefined)
}

/** Room for one more, and two terminals that want it at the same moment. */
async function probeAtOnce(world: ProbeWorld, by: keyof DayLimit): Promise<void> {
  const { merchant } = world.random.pick(world.terminals).entry
  const both = world.terminals.filter(({ entry }) => entry.merchant === merchant).slice(0, 2)
  const of = { whose: 'merchant', key: merchant.key } as const
  const { limit, isExact } = roomForOne(world, of, by)
  if (!isExact) return
  world.limits.give(of, limit)
  const codes = await Promise.all(both.map((terminal) => terminal.sellPlainly(PRODUCT, 1)))
  if (codes.sort().join() !== '00,61') {
    world.oracle.violation(`two sales at once, with room for one by ${by}: ${codes.join()}`)
  }
  world.limits.give(of, undefined)
}

/** A limit that is reached is not reached any more on the next day. */
async function probeMidnight(world: ProbeWorld): Promise<void> {
  const terminal = world.random.pick(world.terminals)
  const of = { whose: 'terminal', key: terminal.entry.key } as const
  world.limits.give(of, { count: 1 })
  await midnight(world)
  await expectCode(world, terminal, { code: '00', why: 'on a new day' })
  await expectCode(world, terminal, { code: '61', why: 'after the one sale of a new day' })
  // The same day's reversal makes room, the next day's makes none.
  await midnight(world)
  await expectCode(world, terminal, { code: '00', why: 'on the day after', keeps: true })
  const last = terminal.sales.at(-1)
  // It is asked for more than once before it is written, and gives back once.
  if (world.random.chance(0.5)) world.fillDisk(12_000)
  if (last !== undefined && (await terminal.takeBack(last))) {
    await expectCode(world, terminal, { code: '00', why: 'after a reversal gave back' })
    await expectCode(world, terminal, { code: '61', why: 'after what a reversal gave back' })
  }
  world.limits.give(of, undefined)
}

async function probeGivenBack(world: ProbeWorld): Promise<void> {
  const terminal = world.random.pick(world.terminals)
  const { entry } = terminal
  const ofTerminal = { whose: 'terminal', key: entry.key } as const
  const ofMerchant = { whose: 'merchant', key: entry.merchant.key } as const
  const of = world.random.pick<Limited>([ofTerminal, ofMerchant])
  evening(world)
  await expectCode(world, terminal, { code: '00', why: 'without a limit', keeps: true })
  const yesterdays = terminal.sales.at(-1)
  await midnight(world)
  world.limits.give(of, { rial: PRICE })
  await expectCode(world, terminal, { code: '00', why: 'with a sum for one' })
  if (yesterdays === undefined || !(await terminal.takeBack(yesterdays))) {
    world.oracle.violation('yesterday’s sale could not be reversed')
  }
  if (world.random.chance(0.5)) await world.restart()
  const why = 'after a reversal of yesterday’s sale'
  await expectCode(world, terminal, { code: '61', why })
  world.limits.give(of, undefined)
}

async function expectCode(
  { oracle }: ProbeWorld,
  terminal: ShopTerminal,
  { code, why, keeps = false }: { code: string; why: string; keeps?: boolean },
): Promise<void> {
  const answered = await terminal.sellPlainly(PRODUCT, 1, keeps)
  if (answered !== code) oracle.violation(`a sale ${why} was answered ${answered}`)
}

/** A limit of one sale more than may count today, and whether just that many count for certain. */
function roomForOne(
  { oracle, time }: ProbeWorld,
  of: Limited,
  by: keyof DayLimit,
): { limit: DayLimit; isExact: boolean } {
  const { day: today } = tehran(time.wallMs())
  const place = placeOf(of)
  const least = oracle.limits.least(oracle, place, today)
  const most = oracle.limits.most(oracle, place, { today })
  return by === 'count'
    ? { limit: { count: most.count + 1 }, isExact: least.count === most.count }
    : { limit: { rial: most.amount + PRICE }, isExact: least.amount === most.amount }
}

/**
 * Not so late that a probe would end tomorrow, and not before a day that the calendar has shown:
 * where it was set back, what was sold on that day still counts.
 */
async function roomToday(world: ProbeWorld): Promise<void> {
  const { time, oracle } = world
  while (tehran(time.wallMs()).day < oracle.limits.newestDay) await midnight(world)
  if (untilMidnightMs(world.time.wallMs()) < ROOM_MS) await midnight(world)
}

/** What comes before it is an evening's: until then the calendar is set, nothing happens. */
function evening({ time, oracle }: ProbeWorld): void {
  const leftMs = untilMidnightMs(time.wallMs()) - EVENING_MS
  if (leftMs > 0) oracle.setsClock(() => time.jumpWall(leftMs))
}

async function midnight(world: ProbeWorld): Promise<void> {
  evening(world)
  await world.lines.pause(untilMidnightMs(world.time.wallMs()) + 60_000)
}
