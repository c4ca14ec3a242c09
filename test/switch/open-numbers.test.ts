// A start on sales and reversals that are still open, through the switch's own wiring: the numbers
// that name them at the card host are not given to another reversal, though the count of numbers
// has come round. The host knows a message by its number: it may answer the one for the other.

import { expect, it } from 'vitest'
import { KeyedWorld } from './keyed-world.ts'

const STAN_NUMBERS = 999_999
/** As many as the store is asked for at a time. */
const PAGE = 1_000

interface Open {
  readonly sale: number
  readonly host_stan: string
  readonly stan: string
}

function reversals(world: KeyedWorld): Open[] {
  const sql = 'select sale, host_stan, stan from reversal order by sale'
  return world.database.prepare(sql).all() as Open[]
}

/** A sale whose reversal nobody answers, and one whose process ends before its outcome. */
async function leftOpen(): Promise<{ world: KeyedWorld; reversed: Open; intentStan: string }> {
  const world = await KeyedWorld.open()
  void world.sell(1)
  await world.time.run(400)
  world.host.isDeafToReversals = true
  world.host.leave()
  await world.time.runUntil(() => reversals(world).length === 1, 60_000)
  world.host.isAway = false
  await world.time.runUntil(() => world.assembly.reasons().length === 0, 600_000)
  void world.sell(2)
  await world.time.run(100)
  const intents = world.database.prepare('select host_stan from sale where state = 0').pluck()
  const [reversed] = reversals(world)
  const intentStan = intents.get() as string
  if (reversed === undefined) throw new Error('no reversal')
  return { world, reversed, intentStan }
}

/** The next number that is leased is this one, a round later. */
function comeRoundTo(world: KeyedWorld, stan: string): void {
  const update = world.database.prepare("update counter set high = ? where name = 'stan/bank'")
  expect(update.run(STAN_NUMBERS + Number(stan) - 1).changes).toBe(1)
}

it.each(['sale that is being reversed', 'reversal of that', 'sale without an outcome'])(
  'a start gives no reversal the number of a %s',
  async (whose) => {
    const { world, reversed, intentStan } = await leftOpen()
    const numbers = [reversed.host_stan, reversed.stan, intentStan]
    const at = whose.startsWith('reversal') ? 1 : whose.endsWith('outcome') ? 2 : 0
    await world.restart(() => comeRoundTo(world, numbers[at] ?? ''))
    const fresh = reversals(world).find(({ sale }) => sale !== reversed.sale)
    expect(fresh?.host_stan).toBe(intentStan)
    expect(numbers).not.toContain(fresh?.stan)
    expect(Number(fresh?.stan)).toBeLessThan(10)
  },
)

it('a start gives no reversal the number of another, however many are open', async () => {
  const { world, reversed } = await leftOpen()
  const last = copyReversal(world, reversed.sale, PAGE)
  await world.restart(() => comeRoundTo(world, last))
  const fresh = reversals(world)[1]
  expect(fresh?.stan).toBe(String(Number(last) + 1))
})

/** So many more of the same; the number of the last one. */
function copyReversal(world: KeyedWorld, id: number, count: number): string {
  const { database } = world
  for (const table of ['sale', 'reversal']) {
    const own = table === 'sale' ? 'id' : 'sale'
    const row = database.prepare(`select * from ${table} where ${own} = ?`).get(id) as object
    const names = Object.keys(row)
    const columns = names.map((name) => `"${name}"`).join(', ')
    const places = names.map((name) => `@${name}`).join(', ')
    const insert = database.prepare(`insert into ${table} (${columns}) values (${places})`)
    for (let n = 1; n <= count; n++) {
      const stans = { stan: String(500_000 + n), host_stan: String(600_000 + n) }
      insert.run({ ...row, [own]: 10_000 + n, ...stans })
    }
  }
  return String(500_000 + count)
}
