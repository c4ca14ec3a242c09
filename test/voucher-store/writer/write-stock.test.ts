// The guards of stock: what an intent may reserve, and that a voucher moves only from where it is.

import { beforeEach, describe, expect, it } from 'vitest'
import type { AdminRecord } from '../../../voucher-store/store-record.ts'
import { AT, cancel, DECLINED, intent, LedgerDesk, outcome, refund, SOLD } from './ledger-desk.ts'

let desk: LedgerDesk

beforeEach(async () => {
  desk = await LedgerDesk.open()
})

/** What an administrator writes: it changes rows behind the back of what the writer remembers. */
const admin = (...sql: string[]): AdminRecord => ({
  ...{ kind: 'admin', action: 'test', by: 'test', detail: {}, atMs: AT },
  statements: sql.map((text) => ({ sql: text, bindings: [] })),
})

describe('the counts of a lot', () => {
  it('are right after a group of which a record was refused', () => {
    const results = desk.write(intent(1), intent(2), intent(3, [1]), outcome(1, SOLD))
    expect(results.map(({ kind }) => kind)).toEqual([
      ...['written', 'written', 'rolled-back', 'written'],
    ])
    expect(desk.stock()).toEqual([18, 1, 1, 0])
    desk.must(outcome(2, DECLINED))
    expect(desk.stock()).toEqual([19, 0, 1, 0])
  })

  it('are right for an administrator who reads them in the same group', () => {
    const quarantine = admin(
      'update lot set quarantined = available, available = 0',
      'update voucher set state = 3 where state = 0',
    )
    desk.must(intent(1), intent(2), outcome(1, SOLD), quarantine, outcome(2, SOLD))
    expect(desk.stock()).toEqual([0, 0, 2, 18])
  })
})

describe('an intent', () => {
  it('after a hold in its own group is refused, and taken after the release', () => {
    desk.must(intent(1))
    const held = admin('update batch set state = 3')
    const released = admin('update batch set state = 2')
    const results = desk.write(intent(2), held, intent(3), released, intent(4))
    expect(results.map(({ kind }) => kind)).toEqual([
      ...['written', 'written', 'rolled-back', 'written', 'written'],
    ])
    expect(desk.stock()).toEqual([17, 3, 0, 0])
  })

  it('after a hold that was refused is taken', () => {
    desk.must(intent(1))
    const notHeld = {
      ...admin('update batch set state = 3'),
      statements: [{ sql: 'update batch set state = 3', bindings: [], expect: 7 }],
    }
    const results = desk.write(notHeld, intent(2))
    expect(results.map(({ kind }) => kind)).toEqual(['rolled-back', 'written'])
  })

  it('reserves its vouchers for its sale', () => {
    desk.must(intent(1, [3, 4]))
    expect(desk.stock()).toEqual([18, 2, 0, 0])
    expect(desk.row('voucher', 'id = 3')).toMatchObject({ state: 1, sale: 1 })
  })

  it.each([
    ['is not in stock', 'update voucher set state = 3 where id = 2'],
    ['is sold', 'update voucher set state = 2, sale = 9 where id = 2'],
    ['is another product', 'update lot set product = 91910'],
    ['has expired', 'update lot set expires = 20260721'],
    ['is of a held batch', 'update batch set state = 3'],
    ['is of a batch that is being loaded', 'update batch set state = 0'],
    ['is of a batch that was not released', 'update batch set state = 1'],
    ['is of a closed batch', 'update batch set state = 4'],
    ['is not there', 'delete from voucher where id = 2'],
  ])('for a voucher that %s is refused whole', (_what, sql) => {
    desk.database.exec(sql)
    desk.refuses(intent(1, [1, 2, 3]))
  })

  it('on the last day of a voucher is taken', () => {
    desk.database.exec('update lot set expires = 20260722')
    desk.must(intent(1))
  })

  it('in the night counts the day of Tehran, not of Greenwich', () => {
    desk.database.exec('update lot set expires = 20260722')
    desk.refuses(intent(1, [1], { atMs: Date.UTC(2026, 6, 22, 20, 30) }))
    desk.must(intent(1, [1], { atMs: Date.UTC(2026, 6, 22, 20, 29, 59) }))
  })

  it('for a voucher that another sale has reserved or sold is refused', () => {
    desk.must(intent(1, [1]))
    desk.refuses(intent(2, [2, 1]))
    desk.must(outcome(1, SOLD))
    desk.refuses(intent(2, [2, 1]))
  })

  it('for the same voucher twice is refused', () => {
    desk.refuses(intent(1, [1, 1]))
  })

  it('may have what a sale gave back, and not what a refund quarantined', () => {
    desk.must(intent(1, [1]), outcome(1, DECLINED), intent(2, [1]), outcome(2, SOLD), refund(2))
    expect(desk.stock()).toEqual([19, 0, 0, 1])
    desk.refuses(intent(3, [1]))
  })
})

describe('an outcome', () => {
  it('gives back its vouchers to nobody', () => {
    desk.must(intent(1, [1, 2]), outcome(1, DECLINED))
    expect(desk.row('voucher', 'id = 1')).toMatchObject({ state: 0, sale: null })
  })

  it('is refused when one of its vouchers is not where it should be', () => {
    desk.must(intent(1, [1, 2]))
    desk.database.exec('update voucher set sale = 7 where id = 2')
    desk.refuses(outcome(1, SOLD))
    desk.refuses(outcome(1, DECLINED))
    desk.database.exec('update voucher set sale = 1, state = 3 where id = 2')
    desk.refuses(outcome(1, SOLD))
  })

  it('of a cancelled intent moves nothing to sold', () => {
    desk.must(intent(1), cancel(1))
    desk.refuses(outcome(1, SOLD))
    desk.must(outcome(1, DECLINED))
    expect(desk.stock()).toEqual([20, 0, 0, 0])
  })
})

describe('a quarantine', () => {
  const quarantine = (voucherId: number) =>
    ({ kind: 'quarantine', voucherId, why: 'test', atMs: 1 }) as const

  it('takes a voucher out of stock, once', () => {
    desk.must(quarantine(5))
    expect(desk.stock()).toEqual([19, 0, 0, 1])
    desk.refuses(quarantine(5))
    desk.refuses(intent(1, [5]))
  })

  it('does not take what a sale has', () => {
    desk.must(intent(1, [5]))
    desk.refuses(quarantine(5))
    desk.refuses(quarantine(99))
  })
})
