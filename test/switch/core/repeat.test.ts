// The stored answer again: what of a sale is its content, who gets the vouchers once more and for
// how long, and that each time is counted before it is given.

import { beforeEach, describe, expect, it } from 'vitest'
import type { Rial } from '../../../protocol/values/rial.ts'
import { answerAgain, sameContent } from '../../../switch/core/repeat.ts'
import type { StoredSale } from '../../../switch/core/sale-record.ts'
import { adviceFields, inquiryFields } from './story-terminal.ts'
import { code, Story } from './story-world.ts'

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

describe('the content of a sale', () => {
  const content = {
    processingCode: '150000',
    amount: 50_000 as Rial,
    order: '091905 01',
    cardHash: 'ab',
  }
  const stored = (of: StoredSale['content']) => ({ content: of }) as StoredSale

  it('is the same when all four parts are', () => {
    expect(sameContent(stored(content), { ...content })).toBe(true)
  })

  it.each([
    ['processing code', { processingCode: '170000' }],
    ['amount', { amount: 50_001 as Rial }],
    ['order', { order: '091905 02' }],
    ['card', { cardHash: 'ac' }],
  ])('is another with another %s', (_what, change) => {
    expect(sameContent(stored(content), { ...content, ...change })).toBe(false)
  })

  it('of a reversal without a sale is like no other', () => {
    expect(sameContent(stored(undefined), content)).toBe(false)
  })
})

describe('a repeat', () => {
  it('that brings the vouchers of a lost answer makes its sale an answered one', async () => {
    const fields = story.sale(1)
    await story.ask('0200', fields, true)
    await story.time.run(2_000)
    expect(story.book.reader.byId(1)?.answered).toBe(false)
    expect(code(await story.ask('0201', fields))).toBe('00')
    await story.time.run(2_000)
    expect(story.book.reader.byId(1)?.answered).toBe(true)
  })

  it('of a sold sale is counted before it is answered, each time', async () => {
    const { fields, reply } = await story.sell(1)
    for (let times = 1; times <= 3; times++) {
      const again = await story.ask('0201', fields)
      expect([again?.get(37), again?.get(38), again?.get(62)]).toEqual([
        ...[reply?.get(37), reply?.get(38), reply?.get(62)],
      ])
      expect(story.count('sale', `disclosures = ${times}`)).toBe(1)
    }
    expect(story.journal('disclosure')).toEqual(Array(3).fill({ id: 1, by: 'repeat' }))
    expect(story.netDebits()).toBe(1)
  })

  it('of a sold sale is answered while no new sale is taken, for whatever reason', async () => {
    const { fields, reply } = await story.sell(1)
    for (const refusing of ['91', '96'] as const) {
      story.change({ refusing: () => refusing })
      expect(code((await story.sell(Number(refusing))).reply)).toBe(refusing)
      const again = await story.ask('0201', fields)
      expect([code(again), again?.get(37), again?.get(62)]).toEqual([
        ...['00', reply?.get(37), reply?.get(62)],
      ])
    }
  })

  it('whose count cannot be written gives no voucher', async () => {
    const { fields } = await story.sell(1)
    story.full = true
    const again = await story.ask('0201', fields)
    expect([code(again), again?.has(62)]).toEqual(['96', false])
    story.full = false
    expect(code(await story.ask('0201', fields))).toBe('00')
  })

  it('gives vouchers until ten minutes after the confirmation, then 00 without them', async () => {
    const { fields } = await story.sell(1)
    await story.advise('0220', fields)
    await story.time.run(599_000)
    expect((await story.ask('0201', fields))?.has(62)).toBe(true)
    await story.time.run(1_100)
    const late = await story.ask('0201', fields)
    expect([code(late), late?.has(62), late?.has(37)]).toEqual(['00', false, true])
    expect(story.count('sale', 'disclosures = 1')).toBe(1)
  })

  it('is recognised under its date for 400 days, over a new year and a restart', async () => {
    const { fields, reply } = await story.sell(1)
    await story.time.run(399 * 86_400_000)
    await story.restart()
    const again = await story.ask('0201', fields)
    expect([code(again), again?.get(37), again?.get(62)]).toEqual([
      ...['00', reply?.get(37), reply?.get(62)],
    ])
    expect(story.netDebits()).toBe(1)
  })

  it('with the date, time and STAN of a sale of a year ago is still that sale', async () => {
    const { fields, reply } = await story.sell(1)
    await story.time.run(365 * 86_400_000)
    const second = await story.ask('0200', fields)
    expect(second?.get(37)).toBe(reply?.get(37))
  })

  it('whose vouchers do not open any more is answered 96 with an alarm', async () => {
    const { fields } = await story.sell(1)
    story.database.exec('update voucher set sealed = zeroblob(60) where id = 1')
    const again = await story.ask('0201', fields)
    expect([code(again), again?.has(62)]).toEqual(['96', false])
    expect(story.running.notices).toMatchObject([{ level: 'alarm', saleId: 1 }])
    expect(story.journal('disclosure')).toEqual([])
  })

  it.each([
    ['declined', '51', 'decline'],
    ['not sent', '91', 'notSent'],
    ['silent', '68', 'silent'],
  ] as const)('of a sale that was %s is answered %s again', async (_what, rc, fault) => {
    story.running.cardHost.faults[fault] = 1
    const { fields, reply } = await story.sell(1)
    story.running.cardHost.faults[fault] = 0
    const again = await story.ask('0201', fields)
    expect([code(reply), code(again)]).toEqual([rc, rc])
    expect(again?.get(37)).toBe(reply?.get(37))
    expect(again?.has(62)).toBe(false)
    await story.time.run(600_000)
    expect(story.netDebits()).toBe(0)
  })
})

describe('an answer given again', () => {
  const sale = async (change: Partial<StoredSale> = {}): Promise<StoredSale> => {
    await story.sell(1)
    const found = story.book.reader.byId(1)
    if (found === undefined) throw new Error('the sale is not stored')
    return { ...found, ...change }
  }

  it('is 94 without vouchers when the sale was reversed, whatever its state', async () => {
    const cancelled = await sale({ cancelled: true })
    const answer = await story.wait(answerAgain(story.book, cancelled, 'inquiry'))
    expect(answer).toMatchObject({ responseCode: '94', vouchers: [], rrn: cancelled.rrn })
  })

  it('carries vouchers to the last millisecond of the ten minutes', async () => {
    const confirmed = async (agoMs: number) => {
      const confirmedMs = story.time.wallMs() - agoMs
      const again = answerAgain(story.book, { ...sold, confirmedMs }, 'repeat')
      return (await story.wait(again)).vouchers.length
    }
    const sold = await sale()
    expect(await confirmed(600_000)).toBe(1)
    expect(await confirmed(600_001)).toBe(0)
  })

  it('carries no vouchers in any state but sold', async () => {
    const states = ['intent', 'declined', 'reversing', 'reversed', 'refunding', 'refused'] as const
    const sold = await sale()
    for (const state of states) {
      const answer = await story.wait(answerAgain(story.book, { ...sold, state }, 'repeat'))
      expect(answer.vouchers).toEqual([])
    }
    expect(story.journal('disclosure')).toEqual([])
  })
})

describe('an inquiry', () => {
  it('is counted as one', async () => {
    const { fields, reply } = await story.sell(1)
    const found = await story.inquire(fields)
    expect(found?.get(62)).toBe(reply?.get(62))
    expect(story.journal('disclosure')).toEqual([{ id: 1, by: 'inquiry' }])
  })

  it('of another terminal does not find the sale', async () => {
    const { fields } = await story.sell(1)
    expect(code(await story.inquire({ ...fields, 41: '10000002' }))).toBe('25')
  })

  it('of a sale that ended without vouchers gives its answer', async () => {
    story.running.cardHost.faults.decline = 1
    const { fields } = await story.sell(1)
    const found = await story.inquire(fields)
    expect([code(found), found?.get(4), found?.has(62)]).toEqual(['51', '000000050000', false])
  })

  it('that shows the vouchers of a lost answer makes its sale an answered one', async () => {
    const fields = story.sale(1)
    await story.ask('0200', fields, true)
    await story.inquire(fields)
    await story.time.run(2_000)
    expect(story.book.reader.byId(1)?.answered).toBe(true)
  })

  it('while a reversal of the sale is being written shows no voucher', async () => {
    const { fields } = await story.sell(1)
    const reversed = story.send('0400', adviceFields(story.time, fields))
    const asked = story.send('0100', inquiryFields(story.time, fields, 900))
    const [reversal, found] = await story.wait(Promise.all([reversed, asked]))
    expect([code(reversal), code(found), found?.has(62)]).toEqual(['00', '94', false])
    expect(story.journal('disclosure')).toEqual([])
  })

  it('whose count cannot be written is 96 and shows nothing of the sale', async () => {
    const { fields } = await story.sell(1)
    story.full = true
    const refused = await story.inquire(fields)
    expect([code(refused), refused?.has(37), refused?.has(62)]).toEqual(['96', false, false])
  })
})
