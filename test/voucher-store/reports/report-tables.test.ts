// The reports of sales: what was sold, given back and not sold, by the day of Tehran and by
// merchant. A refund counts from the moment it is owed, whether the card host has taken it or not.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tehranMidnight } from '../../../protocol/values/moment.ts'
import { type ReportName, reportTable } from '../../../voucher-store/reports/report-tables.ts'
import {
  addSale,
  endReversal,
  stockedStore,
  type TemporaryStore,
  TODAY,
} from '../temporary-store.ts'

let store: TemporaryStore

beforeEach(async () => {
  store = await stockedStore(1, 20)
})
afterEach(() => store.close())

const rows = (report: ReportName, from = TODAY, to = TODAY) =>
  reportTable(store.database, report, { from, to }).rows

/** One sale of every end that there is. */
async function everyEnd(): Promise<void> {
  await addSale(store, { id: 1, voucherIds: [1, 2] }, 'sold')
  await addSale(store, { id: 2, voucherIds: [3] }, 'refunding')
  await addSale(store, { id: 3, voucherIds: [4, 5, 6] }, 'refunding')
  await endReversal(store, 3, 'closed')
  await addSale(store, { id: 4, voucherIds: [7] }, 'declined')
  await addSale(store, { id: 5, voucherIds: [8] }, 'reversing')
  await addSale(store, { id: 6, voucherIds: [9] }, 'reversing')
  await endReversal(store, 6, 'closed')
  await addSale(store, { id: 7, voucherIds: [10] }, 'intent')
}

const SUMS = {
  ...{ sales: 3, vouchers: 6, salesRial: '300000' },
  ...{ refunds: 2, refundsRial: '200000', netRial: '100000' },
  failed: 3,
}

describe('the reports', () => {
  it('count every sale where it belongs, and none that has not ended', async () => {
    await everyEnd()
    expect(rows('sales')).toEqual([{ day: '2026-07-01', product: '093205', ...SUMS }])
    const merchant = { institution: 0, mid: '000000000012345', name: 'Kiosk' }
    expect(rows('merchant')).toEqual([{ ...merchant, ...SUMS }])
  })

  it('keep apart merchants of two institutions that have one number', async () => {
    const merchant = `insert into merchant (institution, mid, name, city, enabled)
      select 7, mid, 'Other', city, 1 from merchant`
    store.writer.prepare(merchant).run()
    for (const id of [1, 2, 3]) await addSale(store, { id, voucherIds: [id] }, 'sold')
    store.writer.prepare('update sale set merchant = 2 where id = 3').run()
    const shown = (report: ReportName) =>
      rows(report).map(({ institution, name, sales }) => [institution, name, sales])
    const both = [
      [0, 'Kiosk', 2],
      [7, 'Other', 1],
    ]
    expect(shown('merchant')).toEqual(both)
    expect(shown('commission')).toEqual([...both, [null, '', 3]])
  })

  it('take a sale on its day in Tehran, from midnight to midnight', async () => {
    const midnight = tehranMidnight(TODAY)
    const moments = [midnight - 1, midnight, midnight + 86_400_000 - 1, midnight + 86_400_000]
    for (const [index, atMs] of moments.entries()) {
      await addSale(store, { id: index + 1, voucherIds: [index + 1], atMs }, 'sold')
    }
    expect(rows('sales').map(({ day, sales }) => [day, sales])).toEqual([['2026-07-01', 2]])
    expect(rows('merchant')).toMatchObject([{ sales: 2 }])
    const around = rows('sales', TODAY - 71, TODAY + 1)
    expect(around.map(({ day, sales }) => [day, sales])).toEqual([
      ['2026-06-30', 1],
      ['2026-07-01', 2],
      ['2026-07-02', 1],
    ])
  })
})
