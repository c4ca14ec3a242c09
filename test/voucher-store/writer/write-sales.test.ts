// What each record does to a sale in each state: allowed or refused, and what becomes of stock,
// reversal, tally and chain.

import { beforeEach, describe, expect, it } from 'vitest'
import type { JournalRecord, Outcome, ReversalRecord } from '../../../switch/core/journal.ts'
import { SALE_STATES } from '../../../voucher-store/codes.ts'
import {
  AT,
  cancel,
  confirm,
  DAY,
  DECLINED,
  disclosure,
  intent,
  LedgerDesk,
  outcome,
  REVERSING,
  refund,
  refusal,
  reprint,
  reversal,
  SOLD,
} from './ledger-desk.ts'

let desk: LedgerDesk

beforeEach(async () => {
  desk = await LedgerDesk.open()
})

const tombstone: JournalRecord = {
  ...{ kind: 'cancel', id: 1, key: intent(1).key, merchantKey: 1, isTombstone: true, atMs: AT },
}
const sold = [intent(1), outcome(1, SOLD)]
const reversing = [intent(1), outcome(1, REVERSING)]

/** How a sale with id 1 comes to each of its states. */
const WAYS = {
  intent: [intent(1)],
  'intent, cancelled': [intent(1), cancel(1)],
  sold,
  'sold, confirmed': [...sold, confirm(1)],
  'sold, reprinted': [...sold, reprint(1, 1)],
  declined: [intent(1), outcome(1, DECLINED)],
  reversing,
  reversed: [...reversing, reversal(1, 'closed')],
  refunding: [...sold, refund(1)],
  refunded: [...sold, refund(1), reversal(1, 'closed')],
  refused: [refusal(1)],
  tombstone: [tombstone],
} as const satisfies Record<string, readonly JournalRecord[]>
type Way = keyof typeof WAYS
const ways = Object.keys(WAYS) as Way[]

const isSold = ['sold', 'sold, confirmed', 'sold, reprinted'] as const
const hasReversal = ['reversing', 'reversed', 'refunding', 'refunded'] as const

/** The states in which each record is taken; in every other it is refused. */
const TAKEN: [string, JournalRecord, readonly Way[]][] = [
  ['sold', outcome(1, SOLD), ['intent']],
  ['declined', outcome(1, DECLINED), ['intent', 'intent, cancelled']],
  ['reversing', outcome(1, REVERSING), ['intent', 'intent, cancelled']],
  ['a cancel', cancel(1), ways.filter((way) => !isSold.includes(way as 'sold'))],
  ['a refund', refund(1), ['sold']],
  ['a confirmation', confirm(1), ['sold', 'sold, reprinted']],
  ['a disclosure', disclosure(1), isSold],
  ['a first reprint', reprint(1, 1), ['sold', 'sold, confirmed']],
  ['a second reprint', reprint(1, 2), ['sold, reprinted']],
  ['the end of a reversal', reversal(1, 'closed'), hasReversal],
]

const ROWS = TAKEN.flatMap(([name, record, states]) =>
  ways.map((way) => [name, way, states.includes(way) ? 'taken' : 'refused', record] as const),
)

describe('a record', () => {
  it.each(ROWS)('%s of a sale that is %s is %s', (_name, way, fate, record) => {
    desk.must(...WAYS[way])
    if (fate === 'taken') desk.must(record)
    else desk.refuses(record)
    desk.stock()
    desk.chainIsWhole()
  })

  it.each(TAKEN)('%s of a sale that is not there is refused', (_name, record) => {
    desk.refuses(record)
  })
})

const FINAL: Record<Way, [string, number[]]> = {
  intent: ['intent', [19, 1, 0, 0]],
  'intent, cancelled': ['intent', [19, 1, 0, 0]],
  sold: ['sold', [19, 0, 1, 0]],
  'sold, confirmed': ['sold', [19, 0, 1, 0]],
  'sold, reprinted': ['sold', [19, 0, 1, 0]],
  declined: ['declined', [20, 0, 0, 0]],
  reversing: ['reversing', [20, 0, 0, 0]],
  reversed: ['reversed', [20, 0, 0, 0]],
  refunding: ['refunding', [19, 0, 0, 1]],
  refunded: ['refunded', [19, 0, 0, 1]],
  refused: ['refused', [20, 0, 0, 0]],
  tombstone: ['tombstone', [20, 0, 0, 0]],
}

describe('a sale', () => {
  it.each(ways)('that is %s has its state and its vouchers where they belong', (way) => {
    desk.must(...WAYS[way])
    const [state, stock] = FINAL[way]
    expect(SALE_STATES[desk.row('sale', 'id = 1').state as number]).toBe(state)
    expect(desk.stock()).toEqual(stock)
  })

  it('with the identity or the id of another is refused', () => {
    desk.must(intent(1))
    desk.refuses(intent(2, [2], { key: intent(1).key }))
    desk.refuses({ ...refusal(2), key: intent(1).key } as JournalRecord)
    desk.refuses(intent(1, [2], { key: intent(2).key }))
    expect(desk.stock()).toEqual([19, 1, 0, 0])
  })

  it('keeps the enciphered card as bytes, each as it was, however many there are', () => {
    const lengths = [128, 129, 51, 0]
    const cards = lengths.map((length) => Buffer.from(Array.from({ length }, (_, n) => 255 - n)))
    for (const [index, card] of cards.entries()) {
      const id = index + 1
      desk.must(intent(id, [id], { sealedCard: card.toString('latin1') }))
    }
    desk.must(intent(5, [5], { sealedCard: undefined }))
    const kept = desk.database.prepare('select sealed_card from sale order by id').pluck().all()
    expect(kept).toEqual([...cards, null])
  })

  it('keeps the card enciphered in its row only, never in the journal', () => {
    desk.must(intent(1))
    const row = desk.row('sale', 'id = 1')
    expect((row.sealed_card as Buffer).toString()).toBe('sealed card')
    const body = desk.row('journal', "kind = 'intent'").body as string
    expect(body).not.toContain('sealed')
    expect(JSON.parse(body)).toMatchObject({
      id: 1,
      voucherIds: [1],
      maskedCard: '603799******0014',
    })
  })

  it.each([
    ['sold', SOLD],
    ['declined', DECLINED],
    ['reversing', REVERSING],
  ])('that ends as %s says so in its journal record', (kind, ending) => {
    desk.must(intent(1), outcome(1, ending))
    const body = JSON.parse(desk.row('journal', "kind = 'outcome'").body as string)
    expect(body).toEqual({ id: 1, outcome: JSON.parse(JSON.stringify(ending)) })
    expect(body.outcome.kind).toBe(kind)
  })

  it('that is sold counts in its terminal’s figures and is its newest', () => {
    desk.must(...sold, intent(2, [2, 3]), outcome(2, SOLD), refund(1))
    expect(desk.row('terminal_tally', 'terminal = 1')).toMatchObject({
      ...{ last_sold: 2, sales_count: 2, sales_amount: 150_000 },
      ...{ reversals_count: 1, reversals_amount: 50_000 },
    })
    expect(desk.row('sale', 'id = 2').sold_before).toBe(1)
    expect(desk.row('sale', 'id = 1').sold_before).toBeNull()
  })

  it('that is sold counts in the use of its day, until it is refunded or another day begins', () => {
    const use = () =>
      [desk.row('terminal_tally', 'terminal = 1'), desk.row('merchant_use', 'merchant = 1')].map(
        (row) => [row.use_day, row.use_count, row.use_amount],
      )
    const later = { atMs: AT + 86_400_000 }
    desk.must(...sold, intent(2, [2, 3]), outcome(2, SOLD))
    expect(use()).toEqual(Array(2).fill([DAY, 2, 150_000]))
    desk.must(refund(1))
    expect(use()).toEqual(Array(2).fill([DAY, 1, 100_000]))
    desk.must(intent(3, [5]), intent(4, [4], later), outcome(4, SOLD), outcome(3, SOLD))
    expect(use()).toEqual(Array(2).fill([DAY + 1, 1, 50_000]))
    desk.must(refund(3))
    expect(use()).toEqual(Array(2).fill([DAY + 1, 1, 50_000]))
  })

  it('answers 94 after its cancel, keeps its state, and can never be sold', () => {
    desk.must(intent(1), cancel(1), outcome(1, REVERSING), reversal(1, 'closed'))
    expect(desk.row('sale', 'id = 1')).toMatchObject({ cancelled: 1, state: 4 })
  })
})

it('a declined sale that was approved after all is reversing, and its answer and stock stay', () => {
  const approval = { authCode: '009999', hostDate: '0723' }
  const reversed = { ...REVERSING, approval } as Outcome
  const approved = {
    kind: 'outcome',
    id: 1,
    outcome: reversed,
    from: 'declined',
    atMs: AT,
  } as const
  desk.must(intent(1))
  desk.refuses(approved)
  desk.must(outcome(1, DECLINED))
  desk.refuses({ ...approved, outcome: SOLD })
  const stock = desk.stock()
  desk.must(approved)
  expect(SALE_STATES[desk.row('sale', 'id = 1').state as number]).toBe('reversing')
  expect(desk.row('sale', 'id = 1')).toMatchObject({ response_code: '51', auth_code: '009999' })
  expect(desk.row('reversal', 'sale = 1')).toMatchObject({ status: 0, approval_seen: 1 })
  expect(desk.stock()).toEqual(stock)
  desk.refuses(approved)
})

it('a refund of a sale of which a PIN was revealed is refused', () => {
  desk.must(...sold, { kind: 'claim', id: 1, reason: 'revealed', atMs: AT })
  desk.refuses(refund(1))
  desk.must(intent(2, [2]), outcome(2, SOLD), refund(2))
})

describe('a reversal', () => {
  const rows = (change: object = {}) => ({ ...desk.row('reversal', 'sale = 1'), ...change })

  it('of a silent sale knows of no approval; of a refund it does', () => {
    desk.must(...reversing, intent(2), outcome(2, SOLD), refund(2))
    expect(rows()).toMatchObject({
      status: 0,
      approval_seen: 0,
      auth_code: null,
      host_stan: '000001',
    })
    expect(desk.row('reversal', 'sale = 2')).toMatchObject({
      approval_seen: 1,
      auth_code: '004711',
    })
  })

  it.each([
    ['pending', 0, 'reversing'],
    ['unfound', 1, 'reversing'],
    ['no-debit', 2, 'reversed'],
    ['closed', 3, 'reversed'],
    ['watched', 4, 'reversed'],
    ['suspense', 5, 'reversing'],
  ] as const)('that is %s has code %i and its sale is %s', (status, code, state) => {
    desk.must(...reversing, reversal(1, status))
    const ended = state === 'reversed'
    expect(rows()).toMatchObject({ status: code, ended_ms: ended ? AT + 3 : null, tries: 1 })
    expect(SALE_STATES[desk.row('sale', 'id = 1').state as number]).toBe(state)
  })

  it('that a late approval reopens is open again, with the approval and a fresh trace', () => {
    const approval = { authCode: '009999', hostDate: '0723' }
    const fresh = { stan: '700001', transmission: '0723090000' }
    desk.must(...reversing, reversal(1, 'closed'))
    desk.must(reversal(1, 'pending', { approval, fresh, responseCode: undefined }))
    expect(rows()).toMatchObject({
      ...{ status: 0, approval_seen: 1, reopened: 1, auth_code: '009999', host_date: '0723' },
      ...{ stan: '700001', transmission: '0723090000', response_code: '00', ended_ms: null },
    })
    expect(SALE_STATES[desk.row('sale', 'id = 1').state as number]).toBe('reversing')
    desk.must(reversal(1, 'watched', { approval }))
    expect(rows()).toMatchObject({ status: 4, reopened: 1, stan: '700001' })
  })

  it('is not ended behind an approval by a record that knows nothing of it', () => {
    const approval = { authCode: '009999', hostDate: '0723' }
    const end: ReversalRecord = { ...(reversal(1, 'closed') as ReversalRecord), unapproved: true }
    desk.must(...reversing, reversal(1, 'pending', { approval }))
    desk.refuses(end)
    desk.must(intent(2, [2]), outcome(2, REVERSING), { ...end, id: 2 })
  })

  it('of a refund that is reopened is open again, and its sale is refunding until it ends', () => {
    const state = () => SALE_STATES[desk.row('sale', 'id = 1').state as number]
    desk.must(...sold, refund(1), reversal(1, 'closed'))
    expect(state()).toBe('refunded')
    desk.must(reversal(1, 'pending', { responseCode: undefined }))
    expect(state()).toBe('refunding')
    desk.must(reversal(1, 'closed'))
    expect(state()).toBe('refunded')
  })

  it('whose approval was known from the start is not reopened by it', () => {
    const approval = { authCode: '004711', hostDate: undefined }
    desk.must(...sold, refund(1), reversal(1, 'suspense', { approval }))
    expect(rows()).toMatchObject({ status: 5, approval_seen: 1, reopened: 0 })
  })

  // The 0210's DE 15 is in the journal's record of the outcome alone: the row of the sale has no
  // place for it, so the 0420 of a later refund cannot carry it. [wire-protocol 4, 0420]
  it('of a refund carries the DE 15 that the approval had', () => {
    desk.must(...sold, refund(1))
    expect(rows().host_date).toBe('0722')
  })
})

describe('a claim', () => {
  it('is kept once for each reason', () => {
    const claim = { kind: 'claim', id: 1, reason: 'too late', atMs: AT } as const
    desk.must(...sold, claim, claim, { ...claim, reason: 'daily limit' })
    const reasons = desk.database.prepare('select reason from claim order by id').pluck().all()
    expect(reasons).toEqual(['too late', 'daily limit'])
  })
})

describe('a note that answers went out', () => {
  it('marks those sales, and no other', () => {
    desk.must(...sold, intent(2), outcome(2, SOLD), { kind: 'answered', ids: [2, 99], atMs: AT })
    const answered = desk.database.prepare('select id from sale where answered = 1').pluck().all()
    expect(answered).toEqual([2])
  })

  it('marks exactly those, in whatever order and however often they are named', () => {
    const ids = Array.from({ length: 12 }, (_, n) => n + 1)
    for (const id of ids) desk.must(intent(id))
    desk.must({ kind: 'answered', ids: [11, 3, 9, 2, 3, 10, 7, 4, 1_000, 13], atMs: AT })
    const answered = desk.database.prepare('select id from sale where answered = 1').pluck().all()
    expect(answered).toEqual([2, 3, 4, 7, 9, 10, 11])
  })
})

describe('a lease', () => {
  it('only ever rises', () => {
    for (const high of [100, 300, 200]) {
      desk.must({ kind: 'lease', counter: 'rrn', high, atMs: AT })
    }
    expect(desk.row('counter', "name = 'rrn'").high).toBe(300)
  })
})
