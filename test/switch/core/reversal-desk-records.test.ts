// What reversals, claims and ends of day leave in the store: counted on which day, of which
// merchant, and that no answer is given for what the store did not take.

import { beforeEach, describe, expect, it } from 'vitest'
import { findVoucher, noteRevealed } from '../../../voucher-store/admin/vouchers.ts'
import { adviceFields } from './story-terminal.ts'
import { code, MID, Story } from './story-world.ts'

const HOUR_MS = 3_600_000

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

describe('a reversal', () => {
  it('counts on the day on which it comes, not on that of its sale', async () => {
    const { fields } = await story.sell(1)
    await story.time.run(2_000)
    // Eighteen hours later it is tomorrow in Tehran, and the sale can still be reversed.
    story.time.advance(18 * 3_600_000)
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect(story.journal('refund')).toMatchObject([{ day: 20_261_123 }])
  })

  it.each([1, 49_999, 50_001])(
    'of %i rial of a sale of 50,000 is refused with 94',
    async (rial) => {
      const { fields } = await story.sell(1)
      const amount = String(rial).padStart(12, '0')
      const advice = { ...adviceFields(story.time, fields), 4: amount }
      expect(code(await story.ask('0400', advice))).toBe('94')
      expect(story.netDebits()).toBe(1)
    },
  )

  it('over the limit of the day takes no number of the card host, and tells of its claim', async () => {
    story = await Story.begin({
      refundLimits: { terminal: { count: 0, rial: 0 }, merchant: { count: 5, rial: 0 } },
    })
    const { fields } = await story.sell(1)
    await story.time.run(2_000)
    let asked = 0
    story.rationNumbers(() => ++asked > 0)
    expect(code(await story.advise('0400', fields))).toBe('61')
    expect(asked).toBe(0)
    expect(story.running.notices.at(-1)).toMatchObject({
      ...{ level: 'warn', what: 'claim opened', detail: 'daily limit' },
    })
  })

  it('undoes the debit of a sale with a damaged voucher, and names what it leaves', async () => {
    const { fields } = await story.sell(1, { count: 3 })
    story.database.exec('update voucher set state = 1 where id in (1, 3)')
    expect(code(await story.advise('0400', fields))).toBe('00')
    const what = 'vouchers of a reversed sale are left as they are'
    const detail = 'GUARD: voucher 1, 3 of sale 1 is not sold'
    expect(story.running.notices).toContainEqual({ level: 'alarm', what, saleId: 1, detail })
    const states = story.database.prepare('select state from voucher where sale = 1 order by id')
    expect(states.pluck().all()).toEqual([1, 3, 1])
    await story.time.run(600_000)
    expect([story.netDebits(), story.count('sale', 'state = 6')]).toEqual([0, 1])
  })

  it('that the store never takes is an alarm, once an hour', async () => {
    const { fields } = await story.sell(1)
    story.database.exec('delete from terminal_tally')
    for (const mti of ['0400', '0401']) expect(code(await story.advise(mti, fields))).toBe('96')
    const detail = 'tally of terminal 1'
    expect(story.running.notices).toMatchObject([
      { level: 'alarm', what: 'store refuses', saleId: 1, detail: expect.stringContaining(detail) },
    ])
  })

  it('too late and after a reprint opens a claim for being too late', async () => {
    const { fields } = await story.sell(1)
    story.database.exec('update sale set reprints = 1')
    story.time.advance(25 * 3_600_000)
    expect(code(await story.advise('0400', fields))).toBe('21')
    expect(story.database.prepare('select reason from claim').pluck().all()).toEqual(['too late'])
  })

  it('after a reprint is 21 and opens one claim for that, however often it comes', async () => {
    const { fields } = await story.sell(1)
    const { 4: _amount, 48: _order, 49: _currency, ...rest } = story.sale(2)
    expect(code(await story.ask('0100', { ...rest, 3: '390000' }))).toBe('00')
    for (const mti of ['0400', '0401']) expect(code(await story.advise(mti, fields))).toBe('21')
    const reasons = story.database.prepare('select reason from claim').pluck().all()
    expect(reasons).toEqual(['after a reprint'])
    expect(story.netDebits()).toBe(1)
  })

  it('of a sale of which a PIN was revealed is 21, also when that came between', async () => {
    const sales = [await story.sell(1), await story.sell(2)]
    const reveal = (voucherId: number) => {
      const voucher = findVoucher(story.database, voucherId)
      if (voucher === undefined) throw new Error('it is there')
      return noteRevealed(story.running.journal, voucher, { by: 'sara', atMs: 0 })
    }
    const [first = {}, second = {}] = sales.map(({ fields }) => fields)
    expect(await story.wait(reveal(1))).toMatchObject({ kind: 'written' })
    for (const mti of ['0400', '0401']) expect(code(await story.advise(mti, first))).toBe('21')
    const revealed = reveal(2)
    expect(code(await story.advise('0400', second))).toBe('96')
    await revealed
    expect(code(await story.advise('0401', second))).toBe('21')
    await story.time.run(600_000)
    expect([story.netDebits(), story.count('claim', "reason = 'revealed'")]).toEqual([2, 2])
  })

  it('of a confirmed sale has no claim, however late it comes and after a reprint too', async () => {
    const { fields } = await story.sell(1)
    const { 4: _amount, 48: _order, 49: _currency, ...rest } = story.sale(2)
    expect(code(await story.ask('0100', { ...rest, 3: '390000' }))).toBe('00')
    expect(code(await story.advise('0220', fields))).toBe('00')
    for (const hours of [0, 25]) {
      story.time.advance(hours * HOUR_MS)
      expect(code(await story.advise('0400', fields))).toBe('21')
    }
    expect([story.netDebits(), story.count('claim')]).toEqual([1, 0])
  })

  it('of a sale that is reversed already is accepted, whatever amount it says', async () => {
    const { fields } = await story.sell(1)
    expect(code(await story.advise('0400', fields))).toBe('00')
    const again = await story.advise('0401', { ...fields, 4: '000000050001' })
    expect([code(again), again?.has(37)]).toEqual(['00', true])
    expect(story.journal('refund')).toHaveLength(1)
  })

  it('whose claim cannot be written is answered 96, not refused for good', async () => {
    const { fields } = await story.sell(1)
    story.time.advance(25 * 3_600_000)
    story.full = true
    expect(code(await story.advise('0400', fields))).toBe('96')
    story.full = false
    expect(code(await story.advise('0401', fields))).toBe('21')
    expect(story.count('claim')).toBe(1)
  })
})

describe('a reversal of a sale of yesterday', () => {
  it.each([
    ['that ended half an hour before midnight', Date.UTC(2026, 10, 22, 20)],
    // A start takes a second, and the sale a few milliseconds more than are left of the day.
    ['that ended after midnight', Date.UTC(2026, 10, 22, 20, 29, 58, 998)],
  ])('%s gives nothing back to the limit of today', async (_when, startMs) => {
    story = await Story.begin({}, startMs)
    const { fields } = await story.sell(1)
    await story.time.run(3_600_000)
    story.database.exec('update terminal set limit_count = 1 where id = 1')
    const directory = story.running.gateway.directory as unknown as { changed(): void }
    directory.changed()
    expect(code((await story.sell(2)).reply)).toBe('00')
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect(code((await story.sell(3)).reply)).toBe('61')
  })
})

describe('the times of reversals and of reprints', () => {
  const reprint = (stan: number) => {
    const { 4: _amount, 48: _order, 49: _currency, ...rest } = story.sale(stan)
    return story.ask('0100', { ...rest, 3: '390000' })
  }

  it.each([
    ['a reprint is still given', 1, 12, ['21', '00']],
    ['a reversal is still accepted', 12, 1, ['57', '00']],
  ])('end each for itself: %s when the other is over', async (_what, reversals, reprints, told) => {
    story = await Story.begin({
      ...{ reversalWindowMs: reversals * HOUR_MS, reprintWindowMs: reprints * HOUR_MS },
    })
    const { fields } = await story.sell(1)
    story.time.advance(2 * HOUR_MS)
    const [first, second] = [() => story.advise('0400', fields), () => reprint(2)]
    const asked = reversals < reprints ? [first, second] : [second, first]
    const codes = []
    for (const ask of asked) codes.push(code(await ask()))
    expect(codes).toEqual(told)
    expect(story.count('claim', "reason = 'too late'")).toBe(reversals < reprints ? 1 : 0)
  })

  /** To the millisecond at which the sale was sold so long ago, and `moreMs` later. */
  const age = async (windowMs: number, moreMs: number) => {
    const soldMs = story.book.reader.byId(1)?.soldMs ?? 0
    await story.time.run(soldMs + windowMs + moreMs - story.time.wallMs())
  }

  it.each([
    [0, '00'],
    [1, '57'],
  ])('let a reprint be given at their end: %i ms past it is %s', async (moreMs, told) => {
    await story.sell(1)
    await age(24 * HOUR_MS, moreMs)
    expect(code(await reprint(2))).toBe(told)
  })

  it.each([
    [0, [{ id: 1, by: 'tag 01' }]],
    [1, []],
  ])('let tag 01 confirm at their end: %i ms past it %j is written', async (moreMs, written) => {
    await story.sell(1)
    await age(24 * HOUR_MS, moreMs)
    await story.ask('0800', { ...story.sale(90), 3: '990000', 60: '0106000001' })
    await story.time.run(100)
    expect(story.journal('confirm')).toEqual(written)
  })

  it('is over for both after the longer of the two', async () => {
    story = await Story.begin({ reversalWindowMs: HOUR_MS, reprintWindowMs: 12 * HOUR_MS })
    const { fields } = await story.sell(1)
    story.time.advance(13 * HOUR_MS)
    expect(code(await reprint(2))).toBe('57')
    expect(code(await story.advise('0400', fields))).toBe('21')
  })
})

describe('the reversals of a merchant', () => {
  it('are counted one by one when those of two terminals come at once', async () => {
    story = await Story.begin({
      refundLimits: { terminal: { count: 5, rial: 0 }, merchant: { count: 1, rial: 0 } },
    })
    const sales = [await story.sell(1), await story.sell(1, { terminal: 2 })]
    await story.time.run(2_000)
    const asked = sales.map(({ fields }) => story.send('0400', adviceFields(story.time, fields)))
    const codes = (await story.wait(Promise.all(asked))).map(code)
    expect(codes.sort()).toEqual(['00', '61'])
  })
})

describe('a reversal in a gap of a restored store', () => {
  it('opens no claim when the store knows that its sale was refused', async () => {
    const { fields } = await story.sell(1, { product: '091999' })
    const nowMs = story.time.wallMs()
    story.change({ gaps: [{ fromMs: nowMs - 60_000, toMs: nowMs + 60_000 }] })
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect(code(await story.advise('0401', fields))).toBe('00')
    expect(story.count('claim')).toBe(0)
  })
})

describe('a repeated reversal in a gap of a restored store', () => {
  it('opens no claim for a sale that was reversed while the card host was asked', async () => {
    story.running.cardHost.faults.silentDebited = 1
    const fields = story.sale(1)
    const sale = story.send('0200', fields)
    await story.time.run(10)
    expect(code(await story.advise('0400', fields))).toBe('00')
    expect(code(await story.wait(sale))).toBe('94')
    expect(story.count('sale', "state = 3 and response_code = '94'")).toBe(1)
    const nowMs = story.time.wallMs()
    story.change({ gaps: [{ fromMs: nowMs - 60_000, toMs: nowMs + 60_000 }] })
    expect(code(await story.advise('0401', fields))).toBe('00')
    expect(story.count('claim')).toBe(0)
  })
})

describe('a date that no calendar of these years has', () => {
  it('sells nothing, and its reversal and its end of day leave nothing behind', async () => {
    const fields = { ...story.sale(1), 13: '0229' }
    expect(code(await story.ask('0200', fields))).toBe('05')
    expect(code(await story.advise('0400', fields))).toBe('00')
    const dayEnd = { ...story.dayEndFields(2, '0'.repeat(36)), 13: '0229' }
    expect(code(await story.ask('0500', dayEnd))).toBe('30')
    expect(story.count('sale') + story.count('day_end')).toBe(0)
  })
})

it('a confirmation of a sale that nobody knows is 25, and an administrator can see it', async () => {
  expect(code(await story.advise('0220', story.sale(1)))).toBe('25')
  const detail = `unknown, STAN 000001: terminal 10000001 of merchant ${MID}`
  const what = 'confirmation of a sale that is not sold'
  expect(story.running.notices).toEqual([{ level: 'alarm', what, detail }])
  expect(story.count('sale')).toBe(0)
  // Of one terminal once an hour.
  for (const stan of [2, 3]) expect(code(await story.advise('0220', story.sale(stan)))).toBe('25')
  expect(story.running.notices).toHaveLength(1)
  story.time.advance(3_600_000)
  expect(code(await story.advise('0220', story.sale(4)))).toBe('25')
  expect(story.running.notices).toHaveLength(2)
})

it('an end of day names its terminal and the merchant of that', async () => {
  const fields = { ...story.dayEndFields(1, '0'.repeat(36)), 41: '10000002' }
  expect(code(await story.ask('0500', fields))).toBe('00')
  const about = { key: { terminalKey: 2 }, merchantKey: 1 }
  expect(story.journal('end-of-day')).toMatchObject([about])
})

it('a confirmation of a refunded sale is 25 once its claim is on the disk, and one alarm', async () => {
  const { fields } = await story.sell(1)
  await story.advise('0400', fields)
  const before = story.running.notices.length
  story.full = true
  for (const mti of ['0220', '0221']) expect(code(await story.advise(mti, fields))).toBe('96')
  story.full = false
  for (const mti of ['0221', '0221']) expect(code(await story.advise(mti, fields))).toBe('25')
  await story.time.run(600_000)
  expect(code(await story.advise('0221', fields))).toBe('25')
  expect(story.running.notices.slice(before)).toEqual([
    {
      ...{ level: 'alarm', what: 'confirmation of a sale that is not sold', saleId: 1 },
      detail: expect.stringContaining(`: terminal 10000001 of merchant ${MID}`),
    },
  ])
  const reasons = story.database.prepare('select reason from claim').pluck().all()
  expect(reasons).toEqual(['confirmed after its reversal'])
})
