// Limits of a day: what counts, what gives back, and that many sales at once never exceed them.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DailyUses,
  type DayUse,
  type TakenUse,
  type UseOf,
} from '../../../switch/core/daily-use.ts'
import type { Terminal, Terms } from '../../../switch/core/sale-record.ts'

const DAY = 20261122
const PRICE = 50_000

/** What the store holds: changed in the commits of sales, before the core hears of them. */
class StoredUses {
  readonly rows = new Map<string, DayUse>()
  reads = 0

  dayUse(of: UseOf): DayUse | undefined {
    this.reads++
    return this.rows.get(JSON.stringify(of))
  }

  sold({ key, merchantKey }: Terminal, amount: number, day = DAY): void {
    for (const of of [{ terminalKey: key }, { merchantKey }]) {
      const name = JSON.stringify(of)
      const row = this.rows.get(name)
      const before = row?.day === day ? row : { count: 0, amount: 0 }
      this.rows.set(name, { day, count: before.count + 1, amount: before.amount + amount })
    }
  }
}

function terminal(key: number, terms: Partial<Terms> = {}): Terminal {
  const whole = { terminalLimit: undefined, merchantLimit: undefined, products: undefined }
  return { key, merchantKey: 7, terms: { ...whole, ...terms } } as Terminal
}

const limit = (count?: number, rial?: number) => ({ count, rial })

function taken(uses: DailyUses, who: Terminal, amount = PRICE, day = DAY): TakenUse {
  const result = uses.take(who, amount, day)
  if (result.kind !== 'taken') throw new Error(`over the limit of the ${result.whose}`)
  return result.use
}

describe('a daily limit', () => {
  it('by count holds sales under way and sold ones, and lets go of those that end otherwise', () => {
    const uses = new DailyUses(new StoredUses())
    const one = terminal(1, { terminalLimit: limit(2) })
    const first = taken(uses, one)
    const second = taken(uses, one)
    const over = { kind: 'over', whose: 'terminal', first: true }
    expect(uses.take(one, PRICE, DAY)).toEqual(over)
    expect(uses.take(one, PRICE, DAY)).toEqual({ ...over, first: false })
    first.sold()
    expect(uses.take(one, PRICE, DAY).kind).toBe('over')
    second.released()
    taken(uses, one)
  })

  it('is told once a day, though a smaller sale is taken after it was', () => {
    const uses = new DailyUses(new StoredUses())
    const one = terminal(1, { terminalLimit: limit(undefined, 60_000) })
    expect(uses.take(one, 70_000, DAY)).toMatchObject({ first: true })
    taken(uses, one)
    expect(uses.take(one, 70_000, DAY)).toMatchObject({ first: false })
  })

  it('that both have reached is the terminal’s', () => {
    const uses = new DailyUses(new StoredUses())
    const one = terminal(1, { terminalLimit: limit(0), merchantLimit: limit(0) })
    expect(uses.take(one, PRICE, DAY)).toMatchObject({ whose: 'terminal' })
  })

  it('is read again where nothing is under way, though the oldest of all has a sale under way', () => {
    const stored = new StoredUses()
    const uses = new DailyUses(stored, 2)
    const limits = { terminalLimit: limit(2) }
    const [first, second, third] = [1, 2, 3].map((key) => terminal(key, limits))
    if (!first || !second || !third) throw new Error('three terminals')
    taken(uses, first)
    taken(uses, second).released()
    taken(uses, third).released()
    stored.sold(second, PRICE)
    stored.sold(second, PRICE)
    expect(uses.take(second, PRICE, DAY)).toMatchObject({ whose: 'terminal' })
  })

  it('by amount takes what fits, and the last rial of it', () => {
    const uses = new DailyUses(new StoredUses())
    const one = terminal(1, { terminalLimit: limit(undefined, 120_000) })
    taken(uses, one).sold()
    expect(uses.take(one, 80_000, DAY).kind).toBe('over')
    taken(uses, one, 70_000)
    expect(uses.take(one, 1, DAY).kind).toBe('over')
  })

  it('of a merchant counts all its terminals, and one without limits is counted for it', () => {
    const uses = new DailyUses(new StoredUses())
    const terms = { merchantLimit: limit(3) }
    for (const key of [1, 2, 3]) taken(uses, terminal(key, terms)).sold()
    expect(uses.take(terminal(4, terms), PRICE, DAY)).toMatchObject({ whose: 'merchant' })
    taken(uses, { ...terminal(5), terms: undefined })
  })

  it('is told anew on the next day when it is reached again', () => {
    const uses = new DailyUses(new StoredUses())
    const one = terminal(1, { terminalLimit: limit(1) })
    for (const day of [DAY, DAY + 1]) {
      taken(uses, one, PRICE, day).sold()
      expect(uses.take(one, PRICE, day)).toMatchObject({ kind: 'over', first: true })
      expect(uses.take(one, PRICE, day)).toMatchObject({ kind: 'over', first: false })
    }
  })

  it('of the merchant is given back too when its terminal has begun a day before it', () => {
    const uses = new DailyUses(new StoredUses())
    const terms = { merchantLimit: limit(1) }
    const [one, two] = [terminal(1, terms), { ...terminal(2, terms), merchantKey: 8 }]
    taken(uses, one).sold()
    // The terminal is at another merchant by now, and has sold there on the next day.
    taken(uses, { ...one, merchantKey: 9 }, PRICE, DAY + 1).sold()
    expect(uses.take({ ...two, merchantKey: 7 }, PRICE, DAY).kind).toBe('over')
    uses.giveBack({ terminalKey: 1, merchantKey: 7, amount: PRICE }, DAY)(true)
    taken(uses, { ...two, merchantKey: 7 })
  })

  it('begins anew with the day, for what was under way at midnight too', () => {
    const uses = new DailyUses(new StoredUses())
    const one = terminal(1, { terminalLimit: limit(1) })
    const late = taken(uses, one)
    const next = taken(uses, one, PRICE, DAY + 1)
    late.sold()
    expect(uses.take(one, PRICE, DAY + 1)).toMatchObject({ kind: 'over', first: true })
    next.released()
    taken(uses, one, PRICE, DAY + 1).sold()
    // The clock was set back: the day that was begun goes on.
    expect(uses.take(one, PRICE, DAY).kind).toBe('over')
  })

  it('is given back by a refund of the same day that is written, and by no other', () => {
    const uses = new DailyUses(new StoredUses())
    const one = terminal(1, { terminalLimit: limit(1) })
    taken(uses, one).sold()
    const sale = { terminalKey: 1, merchantKey: 7, amount: PRICE }
    uses.giveBack(sale, DAY)(false)
    uses.giveBack(sale, DAY - 1)(true)
    expect(uses.take(one, PRICE, DAY).kind).toBe('over')
    uses.giveBack(sale, DAY)(true)
    taken(uses, one)
  })

  it('goes on where the store stands after a start', () => {
    const store = new StoredUses()
    const one = terminal(1, { terminalLimit: limit(3) })
    store.sold(one, PRICE)
    store.sold(one, PRICE)
    const uses = new DailyUses(store)
    taken(uses, one)
    expect(uses.take(one, PRICE, DAY).kind).toBe('over')
    const tomorrow = new DailyUses(store)
    for (let n = 0; n < 3; n++) taken(tomorrow, one, PRICE, DAY + 1)
  })

  it('is held in bounded memory, and nothing that is under way is ever forgotten', () => {
    const store = new StoredUses()
    const uses = new DailyUses(store, 4)
    const terms = { terminalLimit: limit(1) }
    const begun = [1, 2, 3, 4, 5, 6].map((key) => taken(uses, terminal(key, terms)))
    for (const key of [1, 2, 3, 4, 5, 6]) {
      expect(uses.take(terminal(key, terms), PRICE, DAY).kind).toBe('over')
    }
    for (const [at, use] of begun.entries()) {
      store.sold(terminal(at + 1), PRICE)
      use.sold()
    }
    for (let key = 10; key < 20; key++) taken(uses, terminal(key, terms)).released()
    const reads = store.reads
    expect(uses.take(terminal(1, terms), PRICE, DAY).kind).toBe('over')
    expect(store.reads).toBeGreaterThan(reads)
  })

  it('keeps what is under way beside refunds, written or not', () => {
    const uses = new DailyUses(new StoredUses(), 1)
    const limited = terminal(1, { terminalLimit: limit(1) })
    for (const written of [false, true]) {
      uses.giveBack({ terminalKey: 1, merchantKey: 7, amount: PRICE }, DAY - 1)(written)
    }
    taken(uses, limited)
    for (const key of [2, 3]) taken(uses, terminal(key)).released()
    expect(uses.take(limited, PRICE, DAY).kind).toBe('over')
  })

  it('makes room for others after a refund that was not written', () => {
    const store = new StoredUses()
    const uses = new DailyUses(store, 1)
    uses.giveBack({ terminalKey: 1, merchantKey: 7, amount: PRICE }, DAY)(false)
    taken(uses, terminal(2)).released()
    store.sold(terminal(1), PRICE)
    const limited = terminal(1, { terminalLimit: limit(1) })
    expect(uses.take(limited, PRICE, DAY).kind).toBe('over')
  })

  it('of a merchant is told once, whichever of its terminals reaches it', () => {
    const uses = new DailyUses(new StoredUses())
    const terms = { merchantLimit: limit(0) }
    const told = [1, 2, 3].map((key) => uses.take(terminal(key, terms), PRICE, DAY))
    expect(told).toEqual([true, false, false].map((first) => expect.objectContaining({ first })))
  })

  it('is exact in any order of beginnings, commits and news, with room for few', () => {
    const step = fc.record({ do: fc.constantFrom('begin', 'commit', 'news'), at: fc.nat(50) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const store = new StoredUses()
        const uses = new DailyUses(store, 2)
        type Begun = { who: Terminal; use: TakenUse; sold: boolean; committed: boolean }
        const underWay: Begun[] = []
        const ended = new Map<number, number>()
        for (const { do: what, at } of steps) {
          const one = underWay[at % Math.max(1, underWay.length)]
          if (what === 'begin') {
            const key = (at % 3) + 1
            const who = terminal(key, { terminalLimit: limit(4) })
            const open = underWay.filter((begun) => begun.who.key === key).length
            const isFree = open + (ended.get(key) ?? 0) < 4
            const result = uses.take(who, PRICE, DAY)
            expect(result.kind).toBe(isFree ? 'taken' : 'over')
            if (result.kind !== 'taken') continue
            underWay.push({ who, use: result.use, sold: at % 2 === 0, committed: false })
          } else if (one !== undefined && what === 'commit' && !one.committed) {
            one.committed = true
            if (one.sold) store.sold(one.who, PRICE)
          } else if (one?.committed === true && what === 'news') {
            underWay.splice(underWay.indexOf(one), 1)
            if (!one.sold) one.use.released()
            else {
              one.use.sold()
              ended.set(one.who.key, (ended.get(one.who.key) ?? 0) + 1)
            }
          }
        }
      }),
      { numRuns: 300, seed: 11 },
    )
  })
})
