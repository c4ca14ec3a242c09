// The rows that each record of a sale leaves, column by column, with values that differ wherever
// two columns could be confused: terminal 2 of merchant 1.

import { beforeEach, describe, expect, it } from 'vitest'
import { tehranTime } from '../../../protocol/values/moment.ts'
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

const DAY_MS = 86_400_000

let desk: LedgerDesk

beforeEach(async () => {
  desk = await LedgerDesk.open()
})

const key = { ...intent(1).key, terminalKey: 2 }
const asked = {
  ...{ id: 1, day: DAY, time: '113000', terminal: 2, stan: '000001', merchant: 1, cancelled: 0 },
  ...{ processing_code: '150000', card_hash: 'ab', rrn: '620300000001' },
  ...{ order: '091905 01', masked_card: '603799******0014', created_ms: AT },
}
const sale = () => desk.row('sale', 'id = 1')
const use = (table: string) => {
  const { use_day: day, use_count: count, use_amount: amount } = desk.row(table, '1 = 1')
  return { day, count, amount }
}

describe('the row of a sale', () => {
  it('is that of its intent', () => {
    desk.must(intent(1, [1, 2], { key }))
    expect(sale()).toMatchObject({
      ...asked,
      ...{ state: 0, amount: 100_000, count: 2, vouchers: '[1,2]', response_code: '' },
      ...{ host_link: 'bank', host_stan: '000001', host_transmission: '0722080000' },
      ...{ outcome_ms: null, auth_code: null, host_acquirer: null },
    })
  })

  it('keeps the acquirer under which the card host was asked', () => {
    const { host } = intent(1)
    desk.must({ ...intent(1), host: { ...host, acquirerId: '58100' } })
    expect(sale()).toMatchObject({ host_acquirer: '58100' })
  })

  it('is that of its refusal, with the code that was answered', () => {
    desk.must({ ...refusal(1), key, responseCode: '13' } as never)
    expect(sale()).toMatchObject({
      ...asked,
      ...{ amount: 50_000, count: 1, vouchers: '[]', response_code: '13', outcome_ms: AT },
      ...{ host_link: null, host_stan: null, sealed_card: null },
    })
  })

  it('has what the card host said when it is sold', () => {
    desk.must(intent(1), outcome(1, SOLD))
    const said = { auth_code: '004711', host_date: '0722', outcome_ms: AT + 1 }
    expect(sale()).toMatchObject({ ...said, response_code: '00' })
  })

  it('has the number of the record that declined or reversed it', () => {
    const newest = () => desk.database.prepare('select max(jseq) from journal').pluck().get()
    for (const [id, ending] of [DECLINED, REVERSING].entries()) {
      desk.must(intent(id + 1, [id + 1]), outcome(id + 1, ending))
      expect(desk.row('sale', `id = ${id + 1}`)).toMatchObject({ jseq: newest() })
    }
  })

  it('has the number of the newest record about it, whatever that says', () => {
    const records = [
      ...[intent(1), outcome(1, SOLD), disclosure(1), reprint(1, 1), confirm(1)],
      ...[intent(2), outcome(2, SOLD), refund(2), reversal(2, 'closed')],
      ...[intent(3), cancel(3), outcome(3, REVERSING)],
    ]
    const older = records.filter((record) => {
      desk.must(record)
      const newest = desk.database.prepare('select max(jseq) from journal').pluck().get()
      return desk.row('sale', `id = ${Object(record).id}`).jseq !== newest
    })
    expect(older.map(({ kind }) => kind)).toEqual([])
  })

  it('has the authorisation code of an approval that is reversed', () => {
    const approval = { authCode: '004712', hostDate: '0723' }
    desk.must(intent(1), outcome(1, { ...REVERSING, approval } as never))
    expect(sale()).toMatchObject({ auth_code: '004712', response_code: '68' })
    const seen = { auth_code: '004712', host_date: '0723', approval_seen: 1 }
    expect(desk.row('reversal', 'sale = 1')).toMatchObject(seen)
  })

  it('counts its disclosures', () => {
    desk.must(intent(1), outcome(1, SOLD), disclosure(1), disclosure(1), disclosure(1))
    expect(sale().disclosures).toBe(3)
  })
})

describe('the row of a reversal', () => {
  it('keeps the code of the answer, and that it was reopened, over a late approval', () => {
    const approval = { authCode: '004713', hostDate: '0724' }
    const late = reversal(1, 'pending', { responseCode: undefined, approval })
    desk.must(intent(1), outcome(1, REVERSING), reversal(1, 'no-debit', { responseCode: '25' }))
    desk.must(late)
    const told = { auth_code: '004713', host_date: '0724', reopened: 1 }
    expect(desk.row('reversal', 'sale = 1')).toMatchObject({ ...told, response_code: '25' })
    desk.must(reversal(1, 'watched', { approval }))
    expect(desk.row('reversal', 'sale = 1')).toMatchObject({ ...told, response_code: '00' })
  })

  it('has what the newest approval says, over that of the sale', () => {
    const approval = { authCode: '004714', hostDate: '0725' }
    desk.must(intent(1), outcome(1, SOLD), refund(1), reversal(1, 'pending', { approval }))
    const told = { auth_code: '004714', host_date: '0725' }
    expect(desk.row('reversal', 'sale = 1')).toMatchObject(told)
    desk.must(reversal(1, 'unfound'))
    expect(desk.row('reversal', 'sale = 1')).toMatchObject(told)
  })
})

describe('the row of a reversal that came before its sale', () => {
  it('is of the merchant that sent it', () => {
    desk.database.exec(`insert into merchant (id, institution, mid, name, city, enabled)
      values (7, 0, '000000000100007', 'Other', 'Tehran', 1)`)
    const tombstone = { kind: 'cancel', id: 1, key, merchantKey: 7, isTombstone: true, atMs: AT }
    desk.must(tombstone as never)
    expect(sale()).toMatchObject({ terminal: 2, merchant: 7, created_ms: AT, outcome_ms: AT })
  })
})

describe('a refund', () => {
  const given = { ...refund(1), terminalKey: 2, merchantKey: 1, counted: false, day: DAY + 1 }

  it('is of its terminal and merchant, on its day, and counts only when it says so', () => {
    desk.must(intent(1, [1], { key }), outcome(1, SOLD), given as never)
    const row = { sale: 1, day: DAY + 1, terminal: 2, merchant: 1, amount: 50_000, counted: 0 }
    expect(desk.row('refund', 'sale = 1')).toMatchObject(row)
  })

  it('of the same day gives back count and amount, to the terminal and its merchant', () => {
    desk.must(intent(1, [1], { key }), outcome(1, SOLD))
    desk.must(given as never)
    for (const table of ['terminal_tally', 'merchant_use']) {
      expect(use(table)).toEqual({ day: DAY, count: 0, amount: 0 })
    }
  })

  it('gives back what its sale counted in the same commit', () => {
    desk.must(intent(1, [1], { key }), outcome(1, SOLD), given as never)
    expect(use('merchant_use')).toEqual({ day: DAY, count: 0, amount: 0 })
  })

  it('counts in the period in which it is made, though its sale was of the one before', () => {
    const none = { salesCount: 0, salesAmount: 0, reversalsCount: 0, reversalsAmount: 0 }
    const claimed = { ...none, salesCount: 1, salesAmount: 50_000 }
    const end = { kind: 'end-of-day', id: 9, merchantKey: 1, claimed, atMs: AT }
    desk.must(intent(1, [1], { key }), outcome(1, SOLD))
    desk.must({ ...end, key: { ...key, stan: '000009' } } as never, given as never)
    expect(desk.row('terminal_tally', 'terminal = 2')).toMatchObject({
      ...{ sales_count: 0, sales_amount: 0, reversals_count: 1, reversals_amount: 50_000 },
    })
  })

  it('of a sale of yesterday takes nothing from today', () => {
    desk.must(intent(1, [1], { key }), outcome(1, SOLD))
    desk.must(intent(2, [2], { key: { ...key, stan: '000002' }, atMs: AT + DAY_MS }))
    desk.must(outcome(2, SOLD), { ...given, atMs: AT + DAY_MS } as never)
    const { day } = tehranTime(AT + DAY_MS)
    for (const table of ['terminal_tally', 'merchant_use']) {
      expect(use(table)).toEqual({ day, count: 1, amount: 50_000 })
    }
  })
})

it('a sold sale counts on the day on which it began', () => {
  desk.must(intent(1), { ...outcome(1, SOLD), atMs: AT + DAY_MS } as never)
  for (const table of ['terminal_tally', 'merchant_use']) {
    expect(use(table)).toEqual({ day: DAY, count: 1, amount: 50_000 })
  }
})

it('a claim that is told again is that of the first time', () => {
  const claim = { kind: 'claim', id: 1, reason: 'too late', atMs: AT } as const
  desk.must(intent(1), outcome(1, SOLD), claim, { ...claim, atMs: AT + DAY_MS })
  expect(desk.row('claim', 'sale = 1')).toMatchObject({ reason: 'too late', at_ms: AT })
})
