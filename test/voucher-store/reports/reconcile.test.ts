// Reconciliation finds each kind of difference, and none where switch and card host agree.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settle } from '../../../voucher-store/admin/settlement.ts'
import { LedgerEntries } from '../../../voucher-store/reports/ledger-entries.ts'
import { type ReconcileQuestion, reconcile } from '../../../voucher-store/reports/reconcile.ts'
import {
  addSale,
  endReversal,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
} from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 20)
})
afterEach(() => store.close())

const line = (kind: 'debit' | 'reversal', sale: number, change: object = {}) => {
  const stan = String(sale).padStart(6, '0')
  const trace =
    kind === 'debit'
      ? { de7: '0701080000', stan }
      : { de7: '0701080001', stan: '900000', originalDe7: '0701080000', originalStan: stan }
  return { kind, ...trace, tid: '10000001', rrn: `618200${stan}`, amountRial: 50_000, ...change }
}

function check(lines: object[], question: Partial<ReconcileQuestion> = {}) {
  const entries = new LedgerEntries(store.database)
  const text = lines.map((entry) => `${JSON.stringify(entry)}\n`).join('')
  // In small pieces, so that lines are cut anywhere.
  for (let at = 0; at < text.length; at += 37) entries.push(Buffer.from(text.slice(at, at + 37)))
  entries.push(Buffer.from('{"kind":"deb'))
  entries.end()
  expect(entries.problems).toEqual([])
  return reconcile(store.database, entries, { endedBeforeMs: NOW + 1, ...question })
}

describe('a reconciliation', () => {
  it('finds nothing where both sides agree', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
    await addSale(store, { id: 2, voucherIds: [2] }, 'declined')
    await addSale(store, { id: 3, voucherIds: [2] }, 'reversing')
    await endReversal(store, 3, 'closed')
    await addSale(store, { id: 4, voucherIds: [3, 4] }, 'refunding')
    await endReversal(store, 4, 'closed')
    await addSale(store, { id: 5, voucherIds: [5] }, 'reversing')
    const result = check([
      line('debit', 1),
      line('debit', 3),
      line('reversal', 3),
      line('debit', 4, { amountRial: 100_000 }),
      line('reversal', 4, { amountRial: 100_000 }),
    ])
    expect(result).toMatchObject({
      differenceRial: 0,
      differences: [],
      hostDebits: 3,
      hostReversals: 2,
      hostNetRial: 50_000,
      salesSold: 1,
      salesNetRial: 50_000,
      openReversals: 1,
      doubleSold: 0,
    })
  })

  it('finds each kind of difference', async () => {
    for (const id of [1, 2, 3]) await addSale(store, { id, voucherIds: [id] }, 'sold')
    await addSale(store, { id: 4, voucherIds: [10] }, 'reversing')
    await endReversal(store, 4, 'closed')
    await addSale(store, { id: 5, voucherIds: [10] }, 'declined')
    await addSale(store, { id: 6, voucherIds: [10] }, 'reversing')
    await endReversal(store, 6, 'no-debit')
    await addSale(store, { id: 7, voucherIds: [11] }, 'reversing')
    await endReversal(store, 7, 'suspense')
    const { differences, differenceRial } = check([
      line('debit', 2),
      line('reversal', 2),
      line('debit', 3, { amountRial: 40_000 }),
      line('debit', 4),
      line('debit', 5),
      line('debit', 6),
      line('debit', 7),
      line('debit', 99),
    ])
    expect(differences.map(({ kind, sale, amountRial }) => [sale, kind, amountRial])).toEqual([
      [1, 'sale without debit', -50_000],
      [2, 'sold but reversed at host', -50_000],
      [3, 'amount differs', -10_000],
      [4, 'reversal missing at host', 50_000],
      [5, 'unknown debit', 50_000],
      [6, 'unknown debit', 50_000],
      [7, 'reversal missing at host', 50_000],
      [null, 'debit without sale', 50_000],
    ])
    expect(differenceRial).toBe(40_000 + 5 * 50_000 - 150_000)
  })

  it('tells how many vouchers are under two sales', async () => {
    for (const id of [1, 2]) await addSale(store, { id, voucherIds: [id] }, 'sold')
    store.writer.exec("update sale set vouchers = '[1]' where id = 2")
    expect(check([line('debit', 1), line('debit', 2)])).toMatchObject({ doubleSold: 1 })
  })

  it('finds a purchase by its RRN when the host kept no DE 7', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
    const found = check([line('debit', 1, { de7: undefined, stan: undefined, tid: undefined })])
    expect(found.differences).toEqual([])
  })

  it('does not take the purchase of another terminal for its own, whatever its numbers', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
    const other = line('debit', 1, { tid: '10000002', rrn: undefined })
    expect(check([other, line('debit', 1)]).differences).toMatchObject([
      { kind: 'debit without sale', tid: '10000002', amountRial: 50_000 },
    ])
  })

  it('finds the purchase of a terminal whose TID lost its leading zeros', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
    store.writer.exec("update terminal set tid = '00012345' where tid = '10000001'")
    const bare = line('debit', 1, { tid: 12_345, rrn: undefined })
    expect(check([bare])).toMatchObject({ differences: [], hostDebits: 1 })
    // A TID may be shorter than eight characters itself.
    store.writer.exec("update terminal set tid = '12345'")
    expect(check([bare]).differences).toEqual([])
  })

  it('counts a debit that was made twice', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
    const { differences } = check([line('debit', 1), line('debit', 1)])
    expect(differences).toMatchObject([{ kind: 'amount differs', amountRial: 50_000 }])
  })

  it('leaves alone the sales of another card host', async () => {
    for (const id of [1, 2]) await addSale(store, { id, voucherIds: [id] }, 'sold')
    store.writer.exec("update sale set host_link = 'other' where id = 2")
    const lines = [line('debit', 1)]
    expect(check(lines, { cardHost: 'bank' })).toMatchObject({ differences: [], salesSold: 1 })
    expect(check(lines).differences).toMatchObject([{ sale: 2, kind: 'sale without debit' }])
  })

  it('finds what the host gave back though nobody had paid it', () => {
    expect(check([line('reversal', 99)]).differences).toMatchObject([
      { kind: 'debit without sale', amountRial: -50_000, sale: null },
    ])
  })

  it('judges only the days that were asked for', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
    const asked = { from: 20260702, to: 20260703 }
    const old = line('debit', 9, { at: new Date(NOW).toISOString() })
    expect(check([line('debit', 1), old], asked)).toMatchObject({ hostDebits: 0, salesSold: 0 })
  })

  it('counts a debit whose time tells no day into every period', () => {
    const asked = { from: 20260702, to: 20260703 }
    const debit = line('debit', 9, { time: '103057' })
    expect(check([debit], asked)).toMatchObject({ hostDebits: 1, differenceRial: 50_000 })
  })

  it('takes a sale on its day in Tehran, from midnight to midnight', async () => {
    const midnight = Date.UTC(2026, 6, 1, 20, 30)
    for (const [id, atMs] of [midnight - 1, midnight].entries()) {
      await addSale(store, { id: id + 1, voucherIds: [id + 1], atMs }, 'sold')
    }
    const missing = (day: number) =>
      check([], { from: day, to: day }).differences.map(({ sale }) => sale)
    expect([20260630, 20260701, 20260702, 20260703].map(missing)).toEqual([[], [1], [2], []])
  })

  it('tells on the day of the booking what was booked for a sale of another day', async () => {
    const midnight = Date.UTC(2026, 6, 1, 20, 30)
    const [late, early] = [midnight - 10_000, midnight + 10_000].map((ms) => ({
      at: new Date(ms).toISOString(),
    }))
    const days = (lines: object[]) =>
      [20260701, 20260702].map((day) => {
        const found = check(lines, { from: day, to: day })
        const told = found.differences.map(({ sale, kind }) => `${sale} ${kind}`)
        return [...told, found.differenceRial]
      })
    await addSale(store, { id: 1, voucherIds: [1], atMs: midnight - 10_000 }, 'reversing')
    await endReversal(store, 1, 'no-debit')
    expect(days([line('debit', 1, early)])).toEqual([
      ['1 unknown debit', 50_000],
      ['1 unknown debit', 50_000],
    ])
    // Within one day it is told once, and what agrees is counted once.
    expect(days([line('debit', 1, late)])).toEqual([['1 unknown debit', 50_000], [0]])
    await addSale(store, { id: 2, voucherIds: [2], atMs: midnight - 10_000 }, 'sold')
    const nextDay = { from: 20260702, to: 20260702 }
    const sold = [line('debit', 2, early)]
    expect(check(sold, nextDay)).toMatchObject({ hostDebits: 0, salesSold: 0, differences: [] })
    // Given back on the next day, with its debit in the ledger or without.
    const back = [line('debit', 2, late), line('reversal', 2, early)]
    expect(days(back)).toEqual([
      ['2 sold but reversed at host', -50_000],
      ['2 sold but reversed at host', -50_000],
    ])
    await endReversal(store, 1, 'closed')
    expect(check([line('reversal', 1, early)], nextDay).differences).toEqual([])
  })

  it('looks at every sale, however many there are', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'declined')
    const columns = store.writer.prepare("select name from pragma_table_info('sale')").pluck().all()
    const own = { id: 'n', stan: `printf('%06d', n)`, host_stan: `printf('%06d', n)`, rrn: 'null' }
    const values = columns.map((name) => own[String(name) as keyof typeof own] ?? `"${name}"`)
    store.writer.exec(
      `with recursive number(n) as (select 2 union all select n + 1 from number where n < 2002)
       insert into sale select ${values.join(', ')} from number, sale where id = 1`,
    )
    const debited = [1, 999, 1_000, 1_001, 1_002, 2_000, 2_001, 2_002]
    const { differences } = check(debited.map((id) => line('debit', id, { rrn: undefined })))
    expect(differences.map(({ sale, kind }) => [sale, kind])).toEqual(
      debited.map((id) => [id, 'unknown debit']),
    )
  })

  it('names a purchase that nobody asked for by its own number, not by that of a refund', () => {
    const back = line('reversal', 99, { rrn: '618299999999', amountRial: 20_000 })
    expect(check([line('debit', 99), back]).differences).toMatchObject([
      { kind: 'debit without sale', rrn: '618200000099', amountRial: 30_000 },
    ])
  })

  it('tells which lines it cannot use', () => {
    const entries = new LedgerEntries(store.database)
    entries.push(Buffer.from(`${JSON.stringify(line('debit', 1))}\n{"kind":"debit"}\n`))
    entries.end()
    expect(entries.problems).toEqual([{ line: 2, message: 'no amount' }])
  })

  it('takes a file that begins with a byte order mark, and tells of a line without end', () => {
    const entries = new LedgerEntries(store.database)
    entries.push(Buffer.from(`\ufeff${JSON.stringify(line('debit', 1))}\n`))
    expect(entries.problems).toEqual([])
    entries.push(Buffer.from('x'.repeat(70_000)))
    entries.end()
    expect(entries.problems).toMatchObject([{ line: 2, message: 'longer than 65536 bytes' }])
  })

  it('tells of a last line too that is whole and cannot be used, and not of a torn one', () => {
    const ended = (last: string) => {
      const entries = new LedgerEntries(store.database)
      entries.push(Buffer.from(`${JSON.stringify(line('debit', 1))}\n${last}`))
      entries.end()
      return entries.problems
    }
    expect(ended('{"kind":"debit","amount":50000}')).toMatchObject([{ line: 2 }])
    expect(ended('{"kind":"debit","amount":50000')).toEqual([])
    expect(ended(JSON.stringify(line('debit', 2)))).toEqual([])
  })

  it('keeps the card number of a reversal that is open, though the host has done it', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
    await addSale(store, { id: 2, voucherIds: [2] }, 'refunding')
    const lines = [1, 2].flatMap((id) => [line('debit', id), line('reversal', id)])
    const { settleable, differences, openReversals } = check(lines)
    expect([settleable, differences, openReversals]).toEqual([[], [], 2])
  })

  it('keeps a card number until the refund of its sale is over for as long, too', async () => {
    const [hour, day] = [3_600_000, 86_400_000]
    await addSale(store, { id: 1, voucherIds: [1], atMs: NOW - day }, 'refunding')
    await endReversal(store, 1, 'closed')
    const lines = [line('debit', 1), line('reversal', 1)]
    for (const endedBeforeMs of [NOW - hour, NOW]) {
      expect(check(lines, { endedBeforeMs }).settleable).toEqual([])
    }
    expect(check(lines, { endedBeforeMs: NOW + 1 }).settleable).toMatchObject([
      { sale: 1, destroyCard: true },
    ])
  })

  it('settles: closes watched reversals, destroys the card numbers of what is over', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
    await must(store.journal.write({ kind: 'confirm', id: 1, by: '0220', atMs: NOW }))
    await addSale(store, { id: 2, voucherIds: [2] }, 'sold')
    await addSale(store, { id: 3, voucherIds: [3] }, 'reversing')
    await endReversal(store, 3, 'watched')
    const lines = [line('debit', 1), line('debit', 2), line('debit', 3), line('reversal', 3)]
    const { settleable } = check(lines, { endedBeforeMs: NOW - 1 })
    expect(await settle(store, settleable, { by: 'admin', atMs: NOW })).toBe(2)
    const cards = store.database.prepare('select sealed_card is null from sale order by id').pluck()
    expect(cards.all()).toEqual([1, 0, 0])
    expect(check(lines).differences).toEqual([])
    const status = store.database.prepare('select status from reversal').pluck().get()
    expect(status).toBe(3)
  })

  it.each([
    ['that is empty', []],
    ['that ends before the purchase', [line('debit', 1)]],
    ['with another kind of line about it', [line('debit', 1), line('reversal', 3, { rc: '12' })]],
    ['with its reversal alone, of nothing', [line('reversal', 3, { amountRial: 0 })]],
  ])('settles no watched reversal by a ledger %s', async (_, lines) => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
    await addSale(store, { id: 3, voucherIds: [3] }, 'reversing')
    await lateApproval(3)
    await endReversal(store, 3, 'watched')
    const sales = check(lines).settleable.map(({ sale }) => sale)
    expect(sales).not.toContain(3)
  })

  it('keeps the card number of a debit that was seen and is not in the ledger', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
    await lateApproval(1)
    await endReversal(store, 1, 'closed')
    await addSale(store, { id: 2, voucherIds: [2] }, 'refunding')
    await endReversal(store, 2, 'closed')
    const covering = [-1, 1].map((ms) =>
      line('debit', 99 + ms, { at: new Date(NOW + ms).toISOString() }),
    )
    expect(check(covering).settleable).toEqual([])
    const lines = [1, 2].flatMap((id) => [line('debit', id), line('reversal', id)])
    expect(check(lines).settleable.map(({ sale }) => sale)).toEqual([1, 2])
  })

  it('misses no debit that nobody saw in a ledger of that time, and in none of another', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
    await endReversal(store, 1, 'no-debit')
    await addSale(store, { id: 2, voucherIds: [2] }, 'declined')
    const at = (ms: number) => line('debit', 99 + ms, { at: new Date(NOW + ms).toISOString() })
    const settled = (lines: object[]) => check(lines).settleable.map(({ sale }) => sale)
    // What was declined has no reversal that a ledger could open once more.
    for (const lines of [[], [at(-1)], [at(1)], [at(-2), at(-1)], [line('debit', 99)]]) {
      expect(settled(lines)).toEqual([2])
    }
    expect(settled([at(1), at(-1)])).toEqual([1, 2])
  })
})

/** Seen after the outcome was written. */
function lateApproval(id: number): Promise<unknown> {
  const approval = { authCode: '004711', hostDate: undefined }
  const rest = { responseCode: undefined, tries: 1, fresh: undefined, atMs: NOW }
  const why = 'late approval'
  return must(
    store.journal.write({ kind: 'reversal', id, status: 'pending', approval, why, ...rest }),
  )
}
