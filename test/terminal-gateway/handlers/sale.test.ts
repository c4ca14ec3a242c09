// A sale as the terminal gets it answered, and as the card host is asked for it: which fields it
// must have, which go on as they came, and what its receipt lines say.

import { beforeEach, describe, expect, it } from 'vitest'
import type { Fields } from '../../../protocol/message/encode.ts'
import type { Debit } from '../../../switch/core/card-host.ts'
import type { ReceiptSource } from '../../../terminal-gateway/receipt-lines.ts'
import { inquiryFields } from '../../switch/core/story-terminal.ts'
import { Story } from '../../switch/core/story-world.ts'
import { FrontDesk } from '../front-desk.ts'

/** Tag 05: English. Tag 07: receipt lines are wanted. */
const WANTS_LINES = '0502en07011'

const receipts: ReceiptSource = {
  product: () => ({ nameEn: 'Hamrah', nameFa: 'همراه', creditRial: 45_000, redeem: '*1#{pin}#' }),
  phone: '',
  footer: '',
}

const CARD = '6037990000000014'

/** As an approval is read that has no DE 38. */
const NO_CODE = { authCode: '', hostDate: undefined }

let story: Story
let desk: FrontDesk

beforeEach(async () => {
  story = await Story.begin()
  desk = new FrontDesk(story, {}, { receipts })
})

describe('a sale', () => {
  it.each([3, 4, 7, 11, 12, 13, 22, 24, 25, 41, 42, 48, 49])(
    'without DE %i is not taken, and nobody is asked for money',
    async (absent) => {
      const { [absent]: _absent, ...rest } = story.sale(1)
      expect(await desk.code('0200', rest)).toBe(absent === 3 ? '12' : '30')
      expect([story.count('sale'), story.netDebits()]).toEqual([0, 0])
    },
  )

  it.each<[string, Fields]>([
    ['a track', {}],
    ['a track and DE 14', { 14: '2912' }],
  ])('of %s goes to the card host with DE 14, 22, 25 and 49 as they came', async (_what, more) => {
    const asked: Debit[] = []
    const { cardHost } = story.running
    const debit = cardHost.debit.bind(cardHost)
    cardHost.debit = (one) => {
      asked.push(one)
      return debit(one)
    }
    const sale = { ...story.sale(1), 22: '051', 25: '43', ...more }
    expect(await desk.code('0200', sale)).toBe('00')
    const [{ request, card } = never()] = asked
    expect(request.entry).toEqual({ entryMode: '051', condition: '43', currency: '364' })
    expect(card.expiry).toBe(more[14])
  })
})

it.each<[string, Fields, string]>([
  ['an empty DE 61 and 55 is a sale without a PIN and without a chip', { 55: '', 61: '' }, '00'],
  ['an empty DE 35 beside a keyed card without DE 14 lacks it', { 35: '', 2: CARD }, '30'],
  ['an empty DE 35 beside a keyed card with DE 14 is sold', { 35: '', 2: CARD, 14: '2912' }, '00'],
])('a sale with %s', async (_what, change, rc) => {
  expect(await desk.code('0200', { ...story.sale(1), ...change })).toBe(rc)
})

it('a sale with more chip data than a card host has room for is a format error', async () => {
  const sale = { ...story.sale(1), 55: 'AB'.repeat(500) }
  expect([await desk.code('0200', sale), story.count('sale')]).toEqual(['30', 0])
  expect(await desk.code('0200', { ...sale, 55: 'AB'.repeat(499) })).toBe('00')
})

it('a sale that is refused is answered without DE 62', async () => {
  const refused = await desk.ask('0200', { ...story.sale(1), 48: '091999 01' })
  expect([refused?.get(39), refused?.has(62)]).toEqual(['44', false])
})

it.each([
  ['another count', '091905 02'],
  ['another product', '091904 01'],
])('a repeat of %s is not the sale that was sold: 94', async (_what, order) => {
  const sale = story.sale(1)
  expect(await desk.code('0200', sale)).toBe('00')
  const repeat = await desk.ask('0201', { ...sale, 48: order })
  expect([repeat?.get(39), repeat?.has(62)]).toEqual(['94', false])
})

describe('DE 38', () => {
  it('comes with an approved sale and its repeat, and with no other answer', async () => {
    const sale = story.sale(1)
    expect((await desk.ask('0200', sale))?.get(38)).toBe('004711')
    expect((await desk.ask('0201', sale))?.get(38)).toBe('004711')
    // Approved for another amount: the store has an authorisation code, and no sale.
    story.running.cardHost.faults.otherAmount = 1
    const other = story.sale(2)
    for (const mti of ['0200', '0201']) {
      const answer = await desk.ask(mti, other)
      expect([answer?.get(39), answer?.has(38)]).toEqual(['68', false])
    }
  })
})

it('DE 38 is left out, here and in a repeat and an inquiry, where the approval had none', async () => {
  const { cardHost } = story.running
  const debit = cardHost.debit.bind(cardHost)
  cardHost.debit = async (one) => {
    const result = await debit(one)
    return result.kind === 'approved' ? { ...result, approval: NO_CODE } : result
  }
  const sale = story.sale(1)
  const inquiry = inquiryFields(story.time, sale, 900)
  for (const [mti, fields] of [
    ['0200', sale],
    ['0201', sale],
    ['0100', inquiry],
  ] as const) {
    const answer = await desk.ask(mti, fields)
    expect([mti, answer?.get(39), answer?.has(38)]).toEqual([mti, '00', false])
  }
})

describe('receipt lines', () => {
  const wanting = (stan: number): Fields => ({ ...story.sale(stan), 60: WANTS_LINES })

  it('name the merchant, the terminal, the trace, the reference, the card and the amount', async () => {
    const answer = await desk.ask('0200', wanting(1))
    const lines = answer?.get(63)?.split('\n') ?? []
    const { merchantName, tid } = story.terminal()
    expect(lines[0]).toBe(`TA${merchantName}`)
    expect(lines).toContain(`NATerminal ${tid} Trace 000001`)
    expect(lines).toContain(`NAReference ${answer?.get(37)}`)
    expect(lines).toContain('NACard 603799******0014')
    expect(lines).toContain('BAAmount 50,000 rial')
    expect(lines).toContain('NACredit 45,000 rial')
  })

  it('come again with a repeat byte for byte, a day and another catalogue later', async () => {
    const ofDay: ReceiptSource = {
      ...receipts,
      product: (_id, day) => ({ nameEn: 'x', nameFa: 'x', creditRial: day, redeem: '*1#{pin}#' }),
    }
    const each = new FrontDesk(story, {}, { receipts: ofDay })
    const sale = wanting(1)
    expect((await each.ask('0200', sale))?.get(63)).toContain('NACredit 20,261,122 rial')
    await story.time.run(86_400_000)
    expect(await each.code('0201', sale)).toBe('00')
    const [first, again] = each.sent.map(({ body }) => body.toString('hex'))
    expect(again).toBe(first)
  })

  it('come only when they are wanted, and with no refused sale', async () => {
    expect((await desk.ask('0200', story.sale(1)))?.has(63)).toBe(false)
    const refused = await desk.ask('0200', { ...wanting(2), 48: '091999 01' })
    expect([refused?.get(39), refused?.has(63)]).toEqual(['44', false])
  })
})

function never(): never {
  throw new Error('the card host was not asked')
}
