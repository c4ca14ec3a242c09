// Numbers that are never used twice: leases, restarts, a full disk, the wrap of STANs and the days
// of RRNs.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, ordinalDay, tehranMidnight, tehranTime } from '../../../protocol/values/moment.ts'
import { Counter, RrnSource, StanSource } from '../../../switch/core/counters.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { FakeJournal, FULL, WRITTEN } from './fake-journal.ts'

const HOUR = 3_600_000
const clock = new VirtualTime()
const settle = (): Promise<void> => clock.settle()

async function counterOf(journal: FakeJournal, block: number, high: number): Promise<Counter> {
  const counter = new Counter({ name: 'rrn', block, journal, clock }, high)
  await counter.lease()
  return counter
}

/** What the store knows: the highest lease that was written. */
function highOf(journal: FakeJournal, before = 0): number {
  return journal.of('lease').reduce((high, lease) => Math.max(high, lease.high), before)
}

describe('a counter', () => {
  it('gives nothing before a block is its own', async () => {
    const journal = new FakeJournal()
    journal.waits = true
    const counter = new Counter({ name: 'rrn', block: 10, journal, clock }, 100)
    expect(counter.next()).toBeUndefined()
    expect(journal.of('lease')).toMatchObject([{ counter: 'rrn', high: 110 }])
    journal.answerAll()
    await settle()
    expect(counter.next()).toBe(101)
  })

  it('counts on without a gap, over the ends of its blocks', async () => {
    const counter = await counterOf(new FakeJournal(), 4, 0)
    for (let n = 1; n <= 40; n++) {
      expect(counter.next()).toBe(n)
      await settle()
    }
  })

  it('asks for the next block when half of one is left, and only once', async () => {
    const journal = new FakeJournal()
    const counter = await counterOf(journal, 10, 0)
    journal.waits = true
    for (let n = 1; n <= 5; n++) counter.next()
    expect(journal.of('lease')).toHaveLength(1)
    for (let n = 6; n <= 10; n++) expect(counter.next()).toBe(n)
    expect(journal.of('lease').map(({ high }) => high)).toEqual([10, 20])
    expect(counter.next()).toBeUndefined()
    journal.answerAll()
    await settle()
    expect(counter.next()).toBe(11)
  })

  it('gives nothing beyond its block while the disk is full, and goes on afterwards', async () => {
    const journal = new FakeJournal()
    const counter = await counterOf(journal, 2, 0)
    journal.answer = () => FULL
    expect([counter.next(), counter.next(), counter.next()]).toEqual([1, 2, undefined])
    await settle()
    expect(counter.next()).toBeUndefined()
    journal.answer = () => WRITTEN
    await settle()
    expect(counter.next()).toBeUndefined()
    await settle()
    expect(counter.next()).toBe(3)
  })

  it('asks again by itself after a refusal, so that the next caller finds a number', async () => {
    const time = new VirtualTime()
    const journal = new FakeJournal()
    journal.answer = () => FULL
    const counter = new Counter({ name: 'rrn', block: 10, journal, clock: time }, 0)
    await counter.lease()
    await time.run(5_000)
    journal.answer = () => WRITTEN
    await time.run(2_000)
    expect(counter.next()).toBe(1)
    expect(time.pending).toBe(0)
  })

  it('never gives a number twice over restarts, and never one beyond what is durable', async () => {
    const lives = fc.array(fc.record({ uses: fc.nat({ max: 30 }), full: fc.boolean() }), {
      ...{ minLength: 1, maxLength: 6 },
    })
    const blocks = fc.integer({ min: 1, max: 12 })
    await fc.assert(
      fc.asyncProperty(lives, blocks, async (course, block) => {
        const given = new Set<number>()
        let high = 0
        for (const { uses, full } of course) {
          const journal = new FakeJournal()
          const counter = await counterOf(journal, block, high)
          if (full) journal.answer = () => FULL
          for (let n = 0; n < uses; n++) {
            const number = counter.next()
            if (n % 3 === 0) await Promise.resolve()
            if (number === undefined) continue
            expect(given.has(number)).toBe(false)
            expect(number).toBeLessThanOrEqual(highOf(journal, high))
            given.add(number)
          }
          high = highOf(journal, high)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('an RRN', () => {
  const DAY = 20260722

  const NOON = tehranMidnight(DAY) + 12 * HOUR
  /** At noon of that day in Tehran. */
  async function atNoon(journal: FakeJournal, { block = 10, high = 0 } = {}) {
    const time = new VirtualTime(NOON)
    const counter = rrnCounter(journal, time, { block, high })
    await counter.lease()
    return { time, counter, rrns: new RrnSource(counter) }
  }

  function rrnCounter(journal: FakeJournal, time: VirtualTime, { block = 10, high = 0 }): Counter {
    return new Counter({ name: 'rrn', block, journal, clock: time, followsClock: true }, high)
  }

  /** How the RRN of that number reads: `yDDD` of a day in July 2026, and eight digits. */
  const rrnOf = (yearAndDay: number, number: number) =>
    `${yearAndDay}${String(number % 100_000_000).padStart(8, '0')}`

  it('is the day of the Tehran year and eight digits', async () => {
    const { rrns } = await atNoon(new FakeJournal())
    expect(rrns.next(DAY)).toBe(rrnOf(6203, NOON + 1))
    expect(rrns.next(DAY)).toBe(rrnOf(6203, NOON + 2))
  })

  it('has the day of its number, whatever the clock said when its block was leased', async () => {
    const given: (string | undefined)[] = []
    let high = 0
    // A clock that is a day ahead for one lease, 10^8 ms after the one before, and then set right.
    const lives = [
      { atMs: 8 * HOUR + 800_000, uses: 600 },
      { atMs: 36 * HOUR, uses: 200 },
      { atMs: 12 * HOUR + 120_000, uses: 200 },
    ]
    for (const { atMs, uses } of lives) {
      const journal = new FakeJournal()
      const time = new VirtualTime(tehranMidnight(DAY) + atMs)
      const counter = rrnCounter(journal, time, { block: 100, high })
      await counter.lease()
      const rrns = new RrnSource(counter)
      const today = tehranTime(time.wallMs()).day
      for (let n = 0; n < uses; n++) {
        given.push(rrns.next(today))
        await time.settle()
      }
      high = highOf(journal, high)
    }
    expect(given).not.toContain(undefined)
    expect(new Set(given).size).toBe(1_000)
    expect(given.map((rrn) => rrn?.slice(0, 4))).toEqual([
      ...Array(600).fill('6203'),
      ...Array(400).fill('6204'),
    ])
  })

  it('begins at the millisecond of the clock, and goes on beyond a number that is later', async () => {
    const { rrns } = await atNoon(new FakeJournal(), { high: 41 })
    expect(rrns.next(DAY)).toBe(rrnOf(6203, NOON + 1))
    const ahead = await atNoon(new FakeJournal(), { high: NOON + 5_000 })
    expect(ahead.rrns.next(DAY)).toBe(rrnOf(6203, NOON + 5_001))
  })

  it('leaves the rest of a block behind when the next one is leased later', async () => {
    const journal = new FakeJournal()
    const { counter, time } = await atNoon(journal)
    for (let n = 1; n <= 5; n++) counter.next()
    await time.run(60_000)
    const before = counter.next() ?? 0
    await time.settle()
    expect(counter.next()).toBe(before - 6 + 60_000 + 1)
    expect(highOf(journal)).toBe(before - 6 + 60_000 + 10)
  })

  it('goes on with the day before until a block of the new day is durable', async () => {
    const journal = new FakeJournal()
    const { rrns, time } = await atNoon(journal, { block: 1_000 })
    journal.waits = true
    const last = Number(rrns.next(DAY))
    await time.run(13 * HOUR)
    const morrow = addDays(DAY, 1)
    expect(Number(rrns.next(morrow))).toBe(last + 1)
    expect(Number(rrns.next(morrow))).toBe(last + 2)
    expect(journal.of('lease')).toHaveLength(2)
    journal.answerAll()
    await time.settle()
    const first = String((time.wallMs() + 1) % 100_000_000).padStart(8, '0')
    expect(rrns.next(morrow)).toBe(`6204${first}`)
  })

  it('begins the new day within a block that was leased shortly before midnight', async () => {
    const journal = new FakeJournal()
    const { rrns, time } = await atNoon(journal, { block: 10_000 })
    await time.run(12 * HOUR - 5_000)
    rrns.next(addDays(DAY, 1))
    await time.settle()
    await time.run(5_000)
    const midnight = tehranMidnight(DAY) + 24 * HOUR
    const morrow = addDays(DAY, 1)
    for (let n = 0; n < 100; n++) {
      expect(rrns.next(morrow)).toBe(rrnOf(6204, midnight + n))
      await time.settle()
    }
    // The third because half of the block is used, and no other.
    expect(journal.of('lease')).toHaveLength(3)
    expect(highOf(journal)).toBe(midnight + 15_000)
  })

  it('keeps the later day when the clock steps back', async () => {
    const { rrns } = await atNoon(new FakeJournal())
    rrns.next(DAY)
    expect(rrns.next(addDays(DAY, -1))).toBe(rrnOf(6203, NOON + 2))
  })

  it('keeps the later day when a block is leased after the clock stepped back', async () => {
    const { rrns, time } = await atNoon(new FakeJournal())
    for (let n = 0; n < 5; n++) rrns.next(DAY)
    time.jumpWall(-24 * HOUR)
    rrns.next(addDays(DAY, -1))
    await time.settle()
    for (let n = 7; n <= 10; n++) rrns.next(addDays(DAY, -1))
    expect(rrns.next(addDays(DAY, -1))).toBe(rrnOf(6203, NOON + 11))
  })

  it('leases no block with each number while the clock is a day behind', async () => {
    const journal = new FakeJournal()
    const { rrns, time } = await atNoon(journal, { block: 1_000 })
    rrns.next(DAY)
    time.jumpWall(-24 * HOUR)
    for (let n = 0; n < 20; n++) {
      rrns.next(addDays(DAY, -1))
      await time.settle()
    }
    expect(journal.of('lease')).toHaveLength(1)
  })

  it('wraps its eight digits, and is never repeated for the numbers of one day', () => {
    const midnight = tehranMidnight(DAY)
    const wrap = Math.ceil(midnight / 100_000_000) * 100_000_000
    let number = 0
    const rrns = new RrnSource({ next: () => number++ } as unknown as Counter)
    number = wrap - 1
    const day = tehranTime(wrap).day
    const ordinal = ordinalDay(day)
    expect([rrns.next(day), rrns.next(day)]).toEqual([`${ordinal}99999999`, `${ordinal}00000000`])
    number = midnight
    const first = rrns.next(DAY)
    number = midnight + 24 * HOUR - 1
    const [last, next] = [rrns.next(DAY), rrns.next(DAY)]
    expect([first, last, next].map((rrn) => rrn?.slice(0, 4))).toEqual(['6203', '6203', '6204'])
    expect(first).not.toBe(last)
  })

  it('is not used up by days without a sale', async () => {
    const { rrns, time } = await atNoon(new FakeJournal(), { block: 1_000 })
    expect(rrns.next(DAY)).toMatch(/^6203/)
    await time.run(26 * HOUR)
    expect(rrns.next(addDays(DAY, 1))).toMatch(/^6203/)
    await time.settle()
    await time.run(26 * HOUR)
    expect(rrns.next(addDays(DAY, 2))).toMatch(/^6204/)
    await time.settle()
    expect(rrns.next(addDays(DAY, 2))).toMatch(/^6205/)
  })

  it('is refused while no block is owned', () => {
    const journal = new FakeJournal()
    journal.answer = () => FULL
    const rrns = new RrnSource(new Counter({ name: 'rrn', block: 10, journal, clock }, 0))
    expect(rrns.next(DAY)).toBeUndefined()
  })
})

describe('a STAN', () => {
  it('wraps after 999999 to 000001 and is never 000000', async () => {
    const stans = new StanSource(await counterOf(new FakeJournal(), 10, 999_997))
    const given = [stans.next(), stans.next(), stans.next(), stans.next()]
    expect(given).toEqual(['999998', '999999', '000001', '000002'])
  })

  it('skips those whose sale is open, also from before the start', async () => {
    const stans = new StanSource(await counterOf(new FakeJournal(), 10, 999_998))
    stans.reopen('000001' as never)
    stans.reopen('000002' as never)
    expect([stans.next(), stans.next()]).toEqual(['999999', '000003'])
  })

  it('is taken again, a round later, only when its sale is closed', async () => {
    let number = 0
    const stans = new StanSource({ next: () => ++number } as unknown as Counter)
    const open = stans.next()
    const closed = stans.next()
    expect([open, closed]).toEqual(['000001', '000002'])
    if (closed !== undefined) stans.close(closed)
    number = 999_999
    expect(stans.next()).toBe('000002')
  })

  it('is refused while no block is owned', () => {
    const stans = new StanSource({ next: () => undefined } as unknown as Counter)
    expect(stans.next()).toBeUndefined()
  })
})
