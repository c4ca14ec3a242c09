// What the sale desk writes down and gives back: whose sale it is, by which clock and price it is
// judged, and that a sale which ends before its intent leaves nothing taken.

import { beforeEach, describe, expect, it } from 'vitest'
import type { Rial } from '../../../protocol/values/rial.ts'
import { sell } from '../../../switch/core/sale-desk.ts'
import { debitOf } from '../../card-gateway/rig.ts'
import { code, Story } from './story-world.ts'

const DAY_MS = 86_400_000
const CARD = '603799******0014'

let story: Story

beforeEach(async () => {
  story = await Story.begin()
})

/** As administration would set it, and the running switch be told. */
function limit(count: number): void {
  story.database.exec(`update terminal set limit_count = ${count} where id = 1`)
  const directory = story.running.gateway.directory as unknown as { changed(): void }
  directory.changed()
}

describe('a record', () => {
  it.each([
    ['intent', {}],
    ['refusal', { product: '091999' }],
  ])('%s names the terminal, its merchant, and the card by BIN and last four', async (...row) => {
    const [kind, change] = row
    await story.sell(1, { terminal: 2, ...change })
    const [record] = story.journal(kind)
    const about = { key: { terminalKey: 2 }, merchantKey: 1, maskedCard: CARD }
    expect(record).toMatchObject(about)
    const kept = 'terminal = 2 and merchant = 1 and masked_card ='
    expect(story.count('sale', `${kept} '${CARD}'`)).toBe(1)
  })

  it('keeps the vouchers in the order in which they were given', async () => {
    const { fields, reply } = await story.sell(1, { count: 3 })
    expect((await story.ask('0201', fields))?.get(62)).toBe(reply?.get(62))
  })
})

describe('what is kept of a sale', () => {
  it('is the moment of its outcome as the one at which it was sold, not that of its start', async () => {
    await story.sell(1)
    const { createdMs, soldMs } = story.book.reader.byId(1) ?? {}
    expect(soldMs).toBeGreaterThan(createdMs ?? Infinity)
  })

  it('is how many vouchers were asked for, when it is refused too', async () => {
    await story.sell(1, { product: '091999', count: 3 })
    expect(story.journal('refusal')).toMatchObject([{ product: '091999', count: 3 }])
  })

  it('is nothing of an answer that went out, when it was declined', async () => {
    story.running.cardHost.faults.decline = 1
    await story.sell(1)
    await story.time.run(2_000)
    expect(story.journal('answered')).toEqual([])
  })

  it('is the day that it says, a hundred days ahead, when it is refused for that', async () => {
    story.time.jumpWall(100 * DAY_MS)
    const ahead = story.sale(1)
    story.time.jumpWall(-100 * DAY_MS)
    expect(code(await story.ask('0200', ahead))).toBe('05')
    expect(story.journal('refusal')).toMatchObject([{ key: { day: 20_270_302 } }])
  })
})

describe('a new sale', () => {
  it('is refused when its date is more than seven days ahead, by a second', async () => {
    story.time.jumpWall(7 * DAY_MS)
    const last = story.sale(1)
    story.time.jumpWall(2_000)
    const ahead = story.sale(2)
    story.time.jumpWall(-7 * DAY_MS - 2_000)
    expect(code(await story.ask('0200', ahead))).toBe('05')
    expect(code(await story.ask('0200', last))).toBe('00')
  })

  it.each([49_999, 50_001])('of %i rial for a product of 50,000 is refused', async (amount) => {
    expect(code((await story.sell(1, { amount })).reply)).toBe('13')
    expect(story.ledger.debits.size).toBe(0)
  })

  it('is refused when no year has its date, though another one had', async () => {
    const fields = { ...story.sale(1), 13: '0229' }
    expect(code(await story.ask('0200', fields))).toBe('05')
    expect([story.ledger.debits.size, story.count('voucher', 'state = 0')]).toEqual([0, 20])
  })

  it('of a product that was never there is refused like one that is disabled', async () => {
    story.change({ catalogue: { product: () => undefined } })
    expect(code((await story.sell(1)).reply)).toBe('44')
    expect([story.ledger.debits.size, story.count('voucher', 'state = 0')]).toEqual([0, 20])
  })

  it('has the price of today, whichever day its terminal says', async () => {
    const dated = [1, 2].map((stan) => story.sale(stan, { amount: stan * 50_000 }))
    story.time.advance(DAY_MS)
    const product = (id: never, day: number) => ({
      ...{ id, enabled: true },
      priceRial: (day === 20_261_123 ? 100_000 : 50_000) as Rial,
    })
    story.change({ catalogue: { product } as never })
    const codes = []
    for (const fields of dated) codes.push(code(await story.ask('0200', fields)))
    expect(codes).toEqual(['13', '00'])
  })

  it('counts towards the limit of the day on which it is sold, not the one it says', async () => {
    limit(1)
    const dated = story.sale(1)
    story.time.advance(DAY_MS)
    expect(code(await story.ask('0200', dated))).toBe('00')
    expect(code((await story.sell(2)).reply)).toBe('61')
  })

  it('takes nothing of the next day’s limit when its terminal is a day ahead', async () => {
    limit(1)
    story.time.jumpWall(DAY_MS)
    const ahead = story.sale(1)
    story.time.jumpWall(-DAY_MS)
    expect(code(await story.ask('0200', ahead))).toBe('00')
    story.time.advance(DAY_MS)
    expect(code((await story.sell(2)).reply)).toBe('00')
  })
})

describe('a sale that is reversed', () => {
  it('gives its place back to the day on which it was sold, not the one it says', async () => {
    limit(2)
    story.time.jumpWall(DAY_MS)
    const ahead = [1, 2].map((stan) => story.sale(stan))
    story.time.jumpWall(-DAY_MS)
    for (const fields of ahead) expect(code(await story.ask('0200', fields))).toBe('00')
    expect(code(await story.advise('0400', ahead[0] ?? {}))).toBe('00')
    expect(code((await story.sell(3)).reply)).toBe('00')
    expect(code((await story.sell(4)).reply)).toBe('61')
  })
})

describe('a sale that must be reversed while the disk is full', () => {
  it('takes one number for its reversal, however often its outcome is tried', async () => {
    let taken = 0
    story.rationNumbers(() => ++taken > 0)
    story.running.cardHost.faults.silentDebited = 1
    const asked = story.send('0200', story.sale(1))
    await story.time.run(20_000)
    story.full = true
    expect(code(await story.wait(asked))).toBe('96')
    await story.time.run(10_000)
    const tried = story.running.notices.filter(({ what }) => what === 'store refuses').length
    expect([taken, tried > 9]).toEqual([1, true])
    story.full = false
    await story.time.run(600_000)
    expect([taken, story.netDebits()]).toEqual([1, 0])
  })
})

describe('a voucher', () => {
  it('whose PIN does not open is told of with an alarm that names it', async () => {
    story.database.exec('update voucher set sealed = zeroblob(60) where id in (1, 2)')
    await story.sell(1)
    const what = 'voucher quarantined'
    expect(story.running.notices).toEqual([
      { level: 'alarm', what, detail: '1: its PIN does not open' },
      { level: 'alarm', what, detail: '2: its PIN does not open' },
    ])
  })

  it('is sold on its last day, where no days before that are kept free', async () => {
    story.database.exec('update lot set expires = 20261122')
    story.book.inventory.stockChanged()
    expect(code((await story.sell(1)).reply)).toBe('00')
    story.time.advance(DAY_MS)
    expect(code((await story.sell(2)).reply)).toBe('44')
  })
})

describe('a sale that is not taken now', () => {
  it('is told 94 when it may have been sold in a gap, also while the switch is stopping', async () => {
    const nowMs = story.time.wallMs()
    const gaps = [{ fromMs: nowMs - DAY_MS, toMs: nowMs + DAY_MS }]
    story.change({ gaps, refusing: () => '91' })
    expect(code(await story.ask('0201', story.sale(1)))).toBe('94')
  })

  it('is 96 as a repeat too, when as many are running as may ever be', async () => {
    story.change({ settings: { ...story.book.settings, salesInFlight: 1 } })
    const first = story.send('0200', story.sale(1))
    const unknown = story.send('0201', story.sale(2))
    expect((await story.wait(Promise.all([first, unknown]))).map(code)).toEqual(['00', '96'])
  })
})

it('a sale tells once, with its result, what it waited since its frame came', async () => {
  await story.time.run(60_000)
  const { admission } = story.book
  const told: number[][] = []
  admission.ended = (...args) => told.push(args)
  const cameMs = story.time.monotonicMs()
  await story.sell(1)
  const tookMs = (told[0]?.[0] ?? 0) - cameMs
  expect(tookMs).toBeGreaterThan(0)
  expect(tookMs).toBeLessThan(1_000)
  expect(told).toEqual([[cameMs + tookMs, tookMs, 1]])
})

describe('a sale that ends before its intent', () => {
  it.each([
    ['for want of stock', '44', { product: '093505' }],
    ['for want of a number', '96', {}],
  ])('%s gives back its STAN, its vouchers and its place in the day', async (...row) => {
    const [, rc, change] = row
    limit(1)
    const forgotten = story.watchForgotten()
    const { rrns } = story.book
    if (rc === '96') story.change({ rrns: { next: () => undefined } as never })
    expect(code((await story.sell(1, change)).reply)).toBe(rc)
    expect([forgotten.length, story.book.inventory.reserved]).toEqual([1, 0])
    story.change({ rrns })
    expect(code((await story.sell(2, { count: 1 })).reply)).toBe('00')
  })

  it('for want of room is not tried with other vouchers', async () => {
    const forgotten = story.watchForgotten()
    story.full = true
    expect(code((await story.sell(1)).reply)).toBe('96')
    story.full = false
    expect([forgotten.length, story.book.inventory.reserved]).toEqual([1, 0])
    expect(story.running.notices.filter(({ what }) => what === 'store refuses')).toHaveLength(1)
    const { reply } = await story.sell(2)
    expect(reply?.get(62)).toContain(story.stocked.pins.get(1))
  })

  it('for want of a number is not remembered, since nothing could name it', async () => {
    const { rrns } = story.book
    story.change({ rrns: { next: () => undefined } as never })
    const { fields, reply } = await story.sell(1, { amount: 1 })
    expect([code(reply), reply?.has(37), story.count('sale')]).toEqual(['96', false, 0])
    story.change({ rrns })
    expect(code(await story.ask('0201', fields))).toBe('13')
  })

  it('for a card number that is none is 14 before any limit, and takes no place in the day', async () => {
    limit(1)
    const invalid = { track: '6037990000000015=29121010000000000000' }
    expect(code((await story.sell(1, invalid)).reply)).toBe('14')
    expect(code((await story.sell(2)).reply)).toBe('00')
    expect(code((await story.sell(3, invalid)).reply)).toBe('14')
  })

  it('and cannot be written down is 96 without an RRN, which nothing would know', async () => {
    story.full = true
    const { reply } = await story.sell(1, { amount: 1 })
    expect([code(reply), reply?.has(37)]).toEqual(['96', false])
  })
})

it.each([
  ['for the first time is sold', false, '00'],
  ['as a repeat is refused with 94', true, '94'],
])('a sale from before the logon of its terminal that comes %s', async (_how, isRepeat, answer) => {
  const request = { ...debitOf().request, isFromBeforeLogon: true, isRepeat }
  const arrivedMs = story.time.monotonicMs()
  const asked = sell(story.book, { ...request, arrivedMs })
  expect(await story.wait(asked)).toMatchObject({ responseCode: answer })
})
