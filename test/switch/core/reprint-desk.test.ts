// The last sale again: whose, for how long, how often, and counted before it is given.

import { beforeEach, describe, expect, it } from 'vitest'
import { adviceFields } from './story-terminal.ts'
import { code, Story } from './story-world.ts'

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

const reprint = (stan: number, change: object = {}) => {
  const { 4: _amount, 48: _order, 49: _currency, ...rest } = story.sale(stan, change)
  return story.ask('0100', { ...rest, 3: '390000' })
}

describe('a reprint', () => {
  it('is of the last sale that is not reversed', async () => {
    const first = await story.sell(1)
    const second = await story.sell(2)
    expect((await reprint(3))?.get(62)).toBe(second.reply?.get(62))
    const third = await story.sell(4)
    await story.advise('0400', third.fields)
    expect((await reprint(5))?.get(37)).toBe(second.reply?.get(37))
    expect(first.reply?.get(62)).not.toBe(second.reply?.get(62))
  })

  it('carries the vouchers and its number, and says nothing of the debit', async () => {
    await story.sell(1)
    const shown = await reprint(2)
    const has = [62, 48, 37, 38, 4].map((de) => shown?.has(de))
    expect(has).toEqual([true, true, true, false, false])
  })

  it('is of the own terminal only', async () => {
    await story.sell(1)
    expect(code(await reprint(2, { terminal: 2 }))).toBe('25')
  })

  it('is found by the card’s number, whether it was read or keyed', async () => {
    const { reply } = await story.sell(1)
    const { 4: _a, 35: _t, 48: _o, 49: _c, ...rest } = story.sale(2)
    const keyed = { ...rest, 2: '6037990000000014', 3: '390000', 14: '2912' }
    expect((await story.ask('0100', keyed))?.get(62)).toBe(reply?.get(62))
  })

  it('is given for a day, and not a moment longer', async () => {
    await story.sell(1)
    const soldMs = story.book.reader.byId(1)?.soldMs ?? 0
    await story.time.run(soldMs + 86_400_000 - story.time.wallMs() - 10)
    expect(code(await reprint(2))).toBe('00')
    await story.time.run(11)
    expect(code(await reprint(3))).toBe('57')
  })

  it('that cannot be counted gives nothing', async () => {
    await story.sell(1)
    story.full = true
    const refused = await reprint(2)
    expect([code(refused), refused?.has(62), refused?.has(48)]).toEqual(['96', false, false])
    story.full = false
    expect((await reprint(3))?.get(48)).toBe('01')
  })

  it('asked for three times at once is counted one by one', async () => {
    await story.sell(1)
    const fields = [2, 3, 4, 5].map((stan) => {
      const { 4: _amount, 48: _order, 49: _currency, ...rest } = story.sale(stan)
      return { ...rest, 3: '390000' }
    })
    const replies = await story.wait(Promise.all(fields.map((each) => story.send('0100', each))))
    expect(replies.map((reply) => [code(reply), reply?.get(48)])).toEqual([
      ...[
        ['00', '01'],
        ['00', '02'],
        ['00', '03'],
        ['57', undefined],
      ],
    ])
  })

  it('of a voucher that does not open any more is 96, with an alarm, and not counted', async () => {
    await story.sell(1)
    story.database.exec('update voucher set sealed = zeroblob(60)')
    expect(code(await reprint(2))).toBe('96')
    expect(story.running.notices.at(-1)).toMatchObject({ level: 'alarm', saleId: 1 })
    expect(story.journal('reprint')).toEqual([])
  })

  it('is found behind many later sales that were reversed', async () => {
    story = await Story.begin({
      refundLimits: { terminal: { count: 99, rial: 0 }, merchant: { count: 99, rial: 0 } },
    })
    const { reply } = await story.sell(1)
    for (let stan = 2; stan <= 20; stan++) {
      await story.advise('0400', (await story.sell(stan)).fields)
    }
    expect((await reprint(21))?.get(62)).toBe(reply?.get(62))
  })

  it('that comes while its sale is being reversed gives nothing', async () => {
    const { fields } = await story.sell(1)
    const reversed = story.send('0400', adviceFields(story.time, fields))
    const { 4: _amount, 48: _order, 49: _currency, ...rest } = story.sale(2)
    const shown = await story.wait(story.send('0100', { ...rest, 3: '390000' }))
    expect([code(shown), shown?.has(62)]).toEqual(['25', false])
    expect(code(await story.wait(reversed))).toBe('00')
    expect(story.journal('reprint')).toEqual([])
  })
})
