// What the bank decides: each decline, repeats, and reversals before, after and without a debit.
// No sockets and no files; the verdict's line is applied to the book as the host would.

import { describe, expect, it } from 'vitest'
import { type AccountsData, openAccounts } from '../../card-host/accounts.ts'
import {
  authorisePurchase,
  authoriseReversal,
  type Bank,
  type Forced,
  type HostRules,
  type Verdict,
} from '../../card-host/authorise.ts'
import { applyEntry, emptyBook, netDebits } from '../../card-host/book.ts'
import type { PurchaseRequest, ReversalRequest } from '../../card-host/request.ts'

const CARD = '6037990000000014'
const KEY = { de7: '1122054431', stan: '004201', tid: '10000001', acquirer: '58100' }
const NOW = { at: '2026-11-22T05:44:31.000Z', month: '2611' }

const PURCHASE: PurchaseRequest = {
  kind: 'purchase',
  key: KEY,
  mid: '000000000100001',
  rrn: '632609000001',
  cardNumber: CARD,
  amountRial: 50_000,
  expiry: '2912',
  hasPinBlock: false,
  pinBlock: undefined,
}

const REVERSAL: ReversalRequest = {
  kind: 'reversal',
  key: { ...KEY, de7: '1122054501', stan: '004202' },
  mid: PURCHASE.mid,
  rrn: PURCHASE.rrn,
  cardNumber: CARD,
  amountRial: 50_000,
  de90: '020000420111220544310000005810000000000000',
  original: { ...KEY, acquirer: '00000058100' },
}

/** A bank that writes its lines at once. */
class Counter {
  readonly bank: Bank

  constructor(accounts?: AccountsData, rules: Partial<HostRules> = {}) {
    const cardHash = (card: string) => `hash of ${card.slice(-4)}`
    this.bank = {
      book: emptyBook(1),
      accounts: openAccounts(accounts, cardHash, true),
      cardHash,
      rules: { rememberReversals: true, checkExpiry: true, ...rules },
    }
  }

  buy(changes: Partial<PurchaseRequest> = {}, forced?: Forced): Verdict {
    return this.#written(authorisePurchase(this.bank, { ...PURCHASE, ...changes }, NOW, forced))
  }

  reverse(changes: Partial<ReversalRequest> = {}, forced?: Forced): Verdict {
    return this.#written(authoriseReversal(this.bank, { ...REVERSAL, ...changes }, NOW, forced))
  }

  spentRial(): number {
    return [...this.bank.book.spentRial.values()].reduce((sum, rial) => sum + rial, 0)
  }

  #written(verdict: Verdict): Verdict {
    if (verdict.entry !== undefined) applyEntry(this.bank.book, verdict.entry)
    return verdict
  }
}

function account(changes: object = {}, balanceRial = 60_000): AccountsData {
  return { unknownCards: 'refuse', accounts: [{ card: CARD, balanceRial, ...changes }] }
}

describe('a purchase', () => {
  it('debits the card and identifies the debit', () => {
    const counter = new Counter(account())
    const { rc, de38, entry } = counter.buy()
    expect([rc, de38]).toEqual(['00', '000001'])
    expect(entry).toEqual({
      at: NOW.at,
      kind: 'debit',
      ...KEY,
      mid: '000000000100001',
      rrn: '632609000001',
      amountRial: 50_000,
      card: '603799******0014',
      cardHash: 'hash of 0014',
      rc: '00',
      de38: '000001',
    })
  })

  it.each([
    ['14', { unknownCards: 'refuse' } as const, {}],
    ['62', account({ rc: '62' }), {}],
    ['54', account(), { expiry: '2610' }],
    ['54', account({ expiry: '3001' }), {}],
    ['54', account({ expiry: '2501' }), { expiry: undefined }],
    ['55', account({ pinBlock: 'required' }), {}],
    ['55', account({ pinBlock: 'wrong' }), { hasPinBlock: true }],
    ['13', account(), { amountRial: 0 }],
    ['51', account(), { amountRial: 60_001 }],
  ])('is declined with %s', (rc, accounts: AccountsData, changes) => {
    const counter = new Counter(accounts)
    const verdict = counter.buy(changes)
    expect([verdict.rc, verdict.de38, verdict.entry?.kind]).toEqual([rc, undefined, 'decline'])
    expect(counter.spentRial()).toBe(0)
  })

  it('of all that a card has is good', () => {
    expect(new Counter(account({}, 50_000)).buy().rc).toBe('00')
  })

  it('of a card in its last month is good, and dates can be ignored', () => {
    expect(new Counter().buy({ expiry: '2611' }).rc).toBe('00')
    expect(new Counter(undefined, { checkExpiry: false }).buy({ expiry: '2001' }).rc).toBe('00')
  })

  it('with the same key and content has the same result and no second debit', () => {
    const counter = new Counter(account())
    const first = counter.buy()
    expect(counter.buy()).toEqual({ ...first, entry: undefined })
    expect(counter.spentRial()).toBe(50_000)
  })

  it('that was declined stays declined although the money has come', () => {
    const counter = new Counter(account())
    counter.buy({ key: { ...KEY, stan: '000007' } })
    expect(counter.buy().rc).toBe('51')
    counter.reverse({ original: { ...KEY, stan: '000007' } })
    expect(counter.buy().rc).toBe('51')
  })

  it.each([{ amountRial: 49_999 }, { cardNumber: '6037990000000022' }])(
    'with the same key and other content is refused with 94',
    (changes) => {
      const counter = new Counter()
      counter.buy()
      expect(counter.buy(changes)).toMatchObject({ rc: '94', entry: undefined })
    },
  )

  it('repeated after its reversal is never approved again', () => {
    const counter = new Counter()
    counter.buy()
    counter.reverse()
    expect(counter.buy()).toMatchObject({ rc: '94', de38: undefined, entry: undefined })
    expect(counter.spentRial()).toBe(0)
  })

  it('approved in part debits the part, and its reversal gives back the part', () => {
    const counter = new Counter(account())
    const verdict = counter.buy({}, { kind: 'partial', amountRial: 20_000 })
    expect(verdict).toMatchObject({ rc: '10', amountRial: 20_000 })
    expect(counter.spentRial()).toBe(20_000)
    expect(counter.buy()).toMatchObject({ rc: '10', amountRial: 20_000, entry: undefined })
    expect(counter.reverse().rc).toBe('00')
    expect(counter.spentRial()).toBe(0)
  })

  it('approved in part never debits more than was asked', () => {
    const counter = new Counter(account())
    const verdict = counter.buy({}, { kind: 'partial', amountRial: 55_000 })
    expect(verdict).toMatchObject({ rc: '10', amountRial: 50_000 })
    expect(counter.spentRial()).toBe(50_000)
  })
})

describe('a reversal', () => {
  it('gives back once, however often it comes and under whatever STAN', () => {
    const counter = new Counter(account())
    counter.buy()
    expect(counter.reverse()).toMatchObject({ rc: '00', entry: { kind: 'reversal' } })
    expect(counter.reverse()).toMatchObject({ rc: '00', entry: undefined })
    const fresh = { key: { ...REVERSAL.key, stan: '004299' } }
    expect(counter.reverse(fresh)).toMatchObject({ rc: '00', entry: undefined })
    expect([counter.spentRial(), netDebits(counter.bank.book)]).toEqual([0, []])
  })

  it('of an unknown original is answered 25, and the late original is refused', () => {
    const counter = new Counter()
    expect(counter.reverse()).toMatchObject({ rc: '25', entry: { kind: 'reversal-unknown' } })
    expect(counter.reverse()).toMatchObject({ rc: '25', entry: undefined })
    expect(counter.buy()).toMatchObject({ rc: '94', entry: { kind: 'decline' } })
    expect(counter.reverse().rc).toBe('25')
    expect(counter.spentRial()).toBe(0)
  })

  it('that a forgetful host did not find lets the overtaken debit through', () => {
    const counter = new Counter(undefined, { rememberReversals: false })
    expect(counter.reverse().rc).toBe('25')
    expect(counter.buy().rc).toBe('00')
    expect(counter.spentRial()).toBe(50_000)
    expect(counter.reverse().rc).toBe('00')
    expect(counter.spentRial()).toBe(0)
  })

  it('of a declined purchase finds no debit', () => {
    const counter = new Counter(account({ rc: '62' }))
    counter.buy()
    expect(counter.reverse()).toMatchObject({ rc: '25', entry: undefined })
  })

  it.each([
    ['13', { amountRial: 49_999 }],
    ['14', { cardNumber: '6037990000000022' }],
    ['25', { original: { ...REVERSAL.original, tid: '10000002' } }],
    ['25', { original: { ...REVERSAL.original, acquirer: '00000058101' } }],
    ['25', { original: { ...REVERSAL.original, de7: '1122054432' } }],
  ])('that does not fit its original is answered %s and gives nothing back', (rc, changes) => {
    const counter = new Counter()
    counter.buy()
    expect(counter.reverse(changes).rc).toBe(rc)
    expect(counter.spentRial()).toBe(50_000)
  })

  it('refused by script changes nothing, and an earlier acceptance stands', () => {
    const counter = new Counter()
    counter.buy()
    const refused = counter.reverse({}, { kind: 'decline', rc: '12' })
    expect(refused).toMatchObject({ rc: '12', entry: { kind: 'reversal-refused' } })
    expect(counter.spentRial()).toBe(50_000)
    expect(counter.reverse().rc).toBe('00')
    expect(counter.reverse({}, { kind: 'decline', rc: '12' }).rc).toBe('00')
  })
})
