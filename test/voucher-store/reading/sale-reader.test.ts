// What is read of sales and reversals: identities, the chain of sold sales, tallies, and what a
// start needs to know.

import { beforeEach, describe, expect, it } from 'vitest'
import type { MerchantId, TerminalId } from '../../../protocol/values/identifiers.ts'
import { SqliteSaleReader } from '../../../voucher-store/reading/sale-reader.ts'
import {
  AT,
  cancel,
  confirm,
  DAY,
  DECLINED,
  intent,
  LedgerDesk,
  lease,
  outcome,
  REVERSING,
  refund,
  refusal,
  reprint,
  reversal,
  SOLD,
} from '../writer/ledger-desk.ts'

let desk: LedgerDesk
let reader: SqliteSaleReader
const TID = '10000001' as TerminalId

beforeEach(async () => {
  desk = await LedgerDesk.open()
  reader = new SqliteSaleReader(desk.database)
})

const soldSale = (id: number, terminalKey = 1) => {
  const { key } = intent(id)
  return [intent(id, [id], { key: { ...key, terminalKey } }), outcome(id, SOLD)]
}

describe('a sale', () => {
  it('is found by every part of its identity, and by its id', () => {
    desk.must(intent(1))
    const { key } = intent(1)
    expect(reader.find(key)?.id).toBe(1)
    expect(reader.byId(1)?.stan).toBe('000001')
    for (const change of [{ day: DAY + 1 }, { time: '113001' }, { terminalKey: 2 }]) {
      expect(reader.find({ ...key, ...change })).toBeUndefined()
    }
    expect(reader.find({ ...key, stan: intent(2).key.stan })).toBeUndefined()
    expect(reader.byId(2)).toBeUndefined()
  })

  it('is read as it was written', () => {
    desk.must(intent(1, [1, 2]), outcome(1, SOLD), confirm(1), reprint(1, 1))
    desk.must({ kind: 'answered', ids: [1], atMs: AT })
    const { content, rrn, host } = intent(1, [1, 2])
    expect(reader.byId(1)).toEqual({
      ...{ id: 1, terminalKey: 1, day: DAY, time: '113000', stan: '000001', state: 'sold' },
      ...{ content, rrn, host, responseCode: '00', authCode: '004711', voucherIds: [1, 2] },
      ...{ cancelled: false, createdMs: AT, soldMs: AT + 1, confirmedMs: AT + 2 },
      ...{ answered: true, reprints: 1 },
    })
  })

  it('that never was has a tombstone without content', () => {
    const { key } = intent(1)
    desk.must({ kind: 'cancel', id: 1, key, merchantKey: 1, isTombstone: true, atMs: AT })
    expect(reader.find(key)).toMatchObject({ state: 'tombstone', cancelled: true, voucherIds: [] })
    expect(reader.find(key)?.content).toBeUndefined()
    expect(reader.find(key)?.host).toBeUndefined()
  })

  it('that was refused has its answer and no card host', () => {
    desk.must(refusal(1))
    expect(reader.byId(1)).toMatchObject({ state: 'refused', responseCode: '44', host: undefined })
  })
})

describe('the newest sold sales', () => {
  it('come newest first, of one terminal, as many as asked for', () => {
    desk.must(...soldSale(1), ...soldSale(2, 2), ...soldSale(3), ...soldSale(4, 2), ...soldSale(5))
    const ids = (terminal: number, most: number) => {
      return reader.newestSold(terminal, most).map(({ id }) => id)
    }
    expect(ids(1, 10)).toEqual([5, 3, 1])
    expect(ids(2, 10)).toEqual([4, 2])
    expect(ids(1, 2)).toEqual([5, 3])
    expect(ids(3, 10)).toEqual([])
  })

  it('are in the order in which they were sold, not begun', () => {
    desk.must(intent(1), intent(2), outcome(2, SOLD), outcome(1, SOLD))
    expect(reader.newestSold(1, 10).map(({ id }) => id)).toEqual([1, 2])
  })

  it('leave out what was not sold, and keep what was reversed since', () => {
    desk.must(...soldSale(1), intent(2), outcome(2, DECLINED), ...soldSale(3), refund(3))
    const found = reader.newestSold(1, 10).map(({ id, state }) => [id, state])
    expect(found).toEqual([
      ...[
        [3, 'refunding'],
        [1, 'sold'],
      ],
    ])
  })
})

describe('reversals', () => {
  beforeEach(() => {
    desk.must(intent(1), intent(2), intent(3), intent(4))
    for (const id of [1, 2, 3, 4]) desk.must(outcome(id, REVERSING))
    desk.must(reversal(2, 'closed'), reversal(3, 'unfound'), reversal(4, 'suspense'))
  })

  it('that are open are read page by page, those in suspense too', () => {
    expect(reader.openReversals(0, 10).map(({ id }) => id)).toEqual([1, 3, 4])
    expect(reader.openReversals(0, 2).map(({ id }) => id)).toEqual([1, 3])
    expect(reader.openReversals(3, 10).map(({ id, status }) => [id, status])).toEqual([
      [4, 'suspense'],
    ])
  })

  it('have an oldest one, which is not in suspense and not closed', () => {
    desk.must(reversal(1, 'closed'))
    expect(reader.oldestReversalMs()).toBe(AT + 1)
    desk.must(reversal(3, 'closed'))
    expect(reader.oldestReversalMs()).toBeUndefined()
  })

  it('have the one as oldest that is open for longest, also of a later sale', () => {
    desk.must(reversal(1, 'closed'), reversal(3, 'closed'), intent(5), intent(6))
    desk.must({ ...outcome(5, REVERSING), atMs: AT + 9_000 })
    desk.must({ ...outcome(6, REVERSING), atMs: AT + 2_000 })
    expect(reader.oldestReversalMs()).toBe(AT + 2_000)
  })

  it('are read with all that their message is built from', () => {
    expect(reader.openReversal(1)).toEqual({
      ...{ id: 1, status: 'pending', approval: undefined, wasReopened: false, tries: 0 },
      trace: { stan: '900000', transmission: '0722080001' },
      ...{ host: intent(1).host, amount: 50_000, time: '113000', day: DAY, rrn: intent(1).rrn },
      ...{ tid: TID, mid: '000000000100001' as MerchantId },
      sealedCard: Buffer.from('sealed card'),
    })
    expect(reader.openReversal(9)).toBeUndefined()
    const host = { ...intent(5).host, acquirerId: '58100' }
    desk.must({ ...intent(5), host }, outcome(5, REVERSING))
    expect(reader.openReversal(5)?.host).toEqual(host)
  })

  it('are read also when their card number was destroyed, as one that opens to nothing', () => {
    desk.database.exec('update sale set sealed_card = null where id = 1')
    expect(reader.openReversal(1)?.sealedCard).toEqual(Buffer.alloc(0))
  })

  it('are found by their 0200 as sales too, like any that was sent there', () => {
    const { host } = intent(4)
    expect(reader.sentAbout(AT, host, TID)?.id).toBe(4)
    expect(reader.sentAbout(AT, { ...host, link: 'other' }, TID)).toBeUndefined()
    expect(reader.sentAbout(AT, { ...host, transmission: '0722080002' }, TID)).toBeUndefined()
    expect(reader.sentAbout(AT, host, '10000002' as TerminalId)).toBeUndefined()
    expect([AT - 4_000, AT + 3_000].map((ms) => reader.sentAbout(ms, host, TID))).toEqual([
      undefined,
      undefined,
    ])
  })

  it('are found by their 0200 at the card host, ended or not', () => {
    const { host } = intent(2)
    expect(reader.reversalByHost(host, TID)?.status).toBe('closed')
    expect(reader.reversalByHost({ ...host, link: 'other' }, TID)).toBeUndefined()
    expect(reader.reversalByHost({ ...host, transmission: '0722080002' }, TID)).toBeUndefined()
    expect(reader.reversalByHost(host, '10000002' as TerminalId)).toBeUndefined()
  })
})

describe('the tally of refunds', () => {
  it('counts those that count, of the day, by terminal and by merchant', () => {
    for (const id of [1, 2, 3]) desk.must(...soldSale(id))
    desk.must(...soldSale(4, 2))
    const of = (id: number, change: object) => ({ ...refund(id), ...change }) as never
    desk.must(of(1, {}), of(2, { counted: false }), of(3, { day: DAY + 1 }))
    desk.must(of(4, { terminalKey: 2 }))
    expect(reader.refundTally(DAY, { terminalKey: 1 })).toEqual({ count: 1, amount: 50_000 })
    expect(reader.refundTally(DAY, { merchantKey: 1 })).toEqual({ count: 2, amount: 100_000 })
    expect(reader.refundTally(DAY + 1, { terminalKey: 1 })).toEqual({ count: 1, amount: 50_000 })
    expect(reader.refundTally(DAY - 1, { merchantKey: 1 })).toEqual({ count: 0, amount: 0 })
  })
})

it('a claim is there once it was opened, for its sale and reason alone', () => {
  desk.must(...soldSale(1), ...soldSale(2))
  expect(reader.hasClaim(1, 'daily limit')).toBe(false)
  desk.must({ kind: 'claim', id: 1, reason: 'daily limit', atMs: 1 })
  const has = [reader.hasClaim(1, 'daily limit'), reader.hasClaim(1, 'too late')]
  expect([...has, reader.hasClaim(2, 'daily limit')]).toEqual([true, false, false])
})

describe('a start', () => {
  it('finds the intents that have no outcome', () => {
    desk.must(intent(1), intent(2), intent(3), outcome(2, SOLD), cancel(3), refusal(4))
    expect(reader.openIntents()).toEqual([
      { id: 1, cancelled: false, host: intent(1).host },
      { id: 3, cancelled: true, host: intent(3).host },
    ])
  })

  it('goes on above the highest id of sales and of ends of day, whichever there are', () => {
    expect(reader.highestSaleId()).toBe(0)
    desk.must(intent(7))
    expect(reader.highestSaleId()).toBe(7)
    const none = { salesCount: 0, salesAmount: 0, reversalsCount: 0, reversalsAmount: 0 }
    const dayEnd = { kind: 'end-of-day', id: 9, merchantKey: 1, claimed: none, atMs: AT } as const
    desk.must({ ...dayEnd, key: intent(9).key })
    expect(reader.highestSaleId()).toBe(9)
    desk.must(intent(12))
    expect(reader.highestSaleId()).toBe(12)
  })

  it('goes on with the ids of ends of day alone', () => {
    const none = { salesCount: 0, salesAmount: 0, reversalsCount: 0, reversalsAmount: 0 }
    const dayEnd = { kind: 'end-of-day', id: 3, merchantKey: 1, claimed: none, atMs: AT } as const
    desk.must({ ...dayEnd, key: intent(3).key })
    expect(reader.highestSaleId()).toBe(3)
  })

  it('finds how far a counter was leased', () => {
    desk.must(lease('rrn', 1_000))
    expect([reader.counter('rrn'), reader.counter('stan/bank')]).toEqual([1_000, 0])
  })
})

describe('an end of day', () => {
  it('is found by its identity, with both sides and whether they agreed', () => {
    desk.must(...soldSale(1))
    const claimed = { salesCount: 2, salesAmount: 3, reversalsCount: 4, reversalsAmount: 5 }
    const { key } = intent(9)
    desk.must({ kind: 'end-of-day', id: 9, key, merchantKey: 1, claimed, atMs: AT })
    expect(reader.dayEnd(key)).toEqual({
      ...{ claimed, agreed: false },
      actual: { salesCount: 1, salesAmount: 50_000, reversalsCount: 0, reversalsAmount: 0 },
    })
    expect(reader.dayEnd(intent(8).key)).toBeUndefined()
  })
})
