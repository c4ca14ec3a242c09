// End of day: whose figures agree, what is counted in which period, and the stored answer.

import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { totalsAgree } from '../../../switch/core/day-end-desk.ts'
import { code, Story } from './story-world.ts'

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

const figures = (count: number, amount: number, reversals = 0, reversed = 0): string => {
  const pair = (n: number, sum: number) => `${n}`.padStart(6, '0') + `${sum}`.padStart(12, '0')
  return pair(count, amount) + pair(reversals, reversed)
}

describe('figures', () => {
  const totals = fc.record({
    salesCount: fc.nat({ max: 999_999 }),
    salesAmount: fc.nat({ max: 999_999_999 }),
    reversalsCount: fc.nat({ max: 999_999 }),
    reversalsAmount: fc.nat({ max: 999_999_999 }),
  })

  it('agree with themselves, and with a reversal more on both sides of one party', () => {
    fc.assert(
      fc.property(totals, fc.nat({ max: 1_000_000 }), (actual, amount) => {
        expect(totalsAgree(actual, actual)).toBe(true)
        const unanswered = {
          salesCount: actual.salesCount + 1,
          salesAmount: actual.salesAmount + amount,
          reversalsCount: actual.reversalsCount + 1,
          reversalsAmount: actual.reversalsAmount + amount,
        }
        expect(totalsAgree(actual, unanswered)).toBe(true)
      }),
    )
  })

  it.each(['salesCount', 'salesAmount', 'reversalsCount', 'reversalsAmount'] as const)(
    'do not agree when only the %s differs',
    (name) => {
      fc.assert(
        fc.property(totals, fc.integer({ min: 1, max: 1_000 }), (actual, off) => {
          expect(totalsAgree({ ...actual, [name]: actual[name] + off }, actual)).toBe(false)
        }),
      )
    },
  )
})

describe('an end of day', () => {
  it('that agrees closes the period: the next begins with nothing', async () => {
    await story.sell(1, { count: 2 })
    await story.sell(2)
    expect(code(await story.dayEnd(3, figures(2, 150_000)))).toBe('00')
    expect(code(await story.dayEnd(4, figures(0, 0)))).toBe('00')
    expect(story.count('day_end', 'agreed = 1 and closed_ms is not null')).toBe(2)
  })

  it('that does not agree is 95 with our figures, and leaves the period open', async () => {
    await story.sell(1)
    const reply = await story.dayEnd(2, figures(1, 49_999))
    expect([code(reply), reply?.get(48)]).toEqual(['95', figures(1, 50_000)])
    expect(story.count('day_end', 'agreed = 0 and closed_ms is null')).toBe(1)
    expect(code(await story.dayEnd(3, figures(1, 50_000)))).toBe('00')
  })

  it('that agrees but for a reversal on both sides is 00 with the figures as they were sent', async () => {
    await story.sell(1)
    const claimed = figures(2, 100_000, 1, 50_000)
    const reply = await story.dayEnd(2, claimed)
    expect([code(reply), reply?.get(48)]).toEqual(['00', claimed])
  })

  it('counts neither a refusal, a decline, a reversed debit nor another terminal', async () => {
    await story.sell(1, { amount: 1 })
    story.running.cardHost.faults.decline = 1
    await story.sell(2)
    story.running.cardHost.faults.decline = 0
    story.running.cardHost.faults.silent = 1
    await story.sell(3)
    story.running.cardHost.faults.silent = 0
    await story.sell(4, { terminal: 2 })
    expect((await story.dayEnd(5, figures(9, 9)))?.get(48)).toBe(figures(0, 0))
  })

  it('counts a later reversal in the period in which it was accepted', async () => {
    const { fields } = await story.sell(1)
    expect(code(await story.dayEnd(2, figures(1, 50_000)))).toBe('00')
    await story.advise('0400', fields)
    const reply = await story.dayEnd(3, figures(0, 0))
    expect([code(reply), reply?.get(48)]).toEqual(['95', figures(0, 0, 1, 50_000)])
    expect(code(await story.dayEnd(4, figures(0, 0, 1, 50_000)))).toBe('00')
  })

  it('leaves a sale in flight to the next period', async () => {
    const sale = story.send('0200', story.sale(1))
    await story.time.run(3)
    expect(code(await story.dayEnd(2, figures(0, 0)))).toBe('00')
    expect(code(await story.wait(sale))).toBe('00')
    expect(code(await story.dayEnd(3, figures(1, 50_000)))).toBe('00')
  })

  it('repeated gets its stored answer, whatever was sold since', async () => {
    await story.sell(1)
    const fields = story.dayEndFields(2, figures(0, 0))
    const wrong = await story.ask('0500', fields)
    await story.sell(3)
    const again = await story.ask('0501', fields)
    expect([code(again), again?.get(48)]).toEqual(['95', wrong?.get(48)])
    expect(story.count('day_end')).toBe(1)
  })

  it('that agreed and is repeated is 00 again, with the figures of then', async () => {
    await story.sell(1)
    const fields = story.dayEndFields(2, figures(1, 50_000))
    expect(code(await story.ask('0500', fields))).toBe('00')
    await story.sell(3)
    const again = await story.ask('0501', fields)
    expect([code(again), again?.get(48)]).toEqual(['00', figures(1, 50_000)])
    expect(story.count('day_end')).toBe(1)
  })

  it('repeated is found when the next day of its date is nearer than its own', async () => {
    await story.sell(1)
    const fields = story.dayEndFields(2, figures(1, 50_000))
    expect(code(await story.ask('0500', fields))).toBe('00')
    story.time.advance(200 * 86_400_000)
    const again = await story.ask('0501', fields)
    expect([code(again), again?.get(48)]).toEqual(['00', figures(1, 50_000)])
    expect(story.count('day_end')).toBe(1)
  })

  it('with the same identity and other figures is refused with 94', async () => {
    const fields = story.dayEndFields(1, figures(0, 0))
    await story.ask('0500', fields)
    for (const other of [figures(1, 50_000), figures(0, 0, 1, 0), figures(0, 0, 0, 1)]) {
      expect(code(await story.ask('0501', { ...fields, 48: other }))).toBe('94')
    }
    expect(story.count('day_end')).toBe(1)
  })

  it.each([
    ['sales', figures(3, 150_000, 1, 50_000)],
    ['amount sold', figures(2, 150_001, 1, 50_000)],
    ['reversals', figures(2, 150_000, 2, 50_000)],
    ['amount reversed', figures(2, 150_000, 1, 50_001)],
  ])('repeated with other %s is refused with 94', async (_what, other) => {
    const fields = story.dayEndFields(1, figures(2, 150_000, 1, 50_000))
    await story.ask('0500', fields)
    expect(code(await story.ask('0501', { ...fields, 48: other }))).toBe('94')
    expect(code(await story.ask('0501', fields))).toBe('95')
  })

  it('that cannot be written is answered 96 and is not remembered', async () => {
    const fields = story.dayEndFields(1, figures(0, 0))
    story.full = true
    expect(code(await story.ask('0500', fields))).toBe('96')
    story.full = false
    expect(code(await story.ask('0501', fields))).toBe('00')
    expect(story.count('day_end')).toBe(1)
  })
})
