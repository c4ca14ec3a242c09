// What is in stock and how long it lasts: by what left it in the last seven days, and of what may
// be sold.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { addDays } from '../../../protocol/values/moment.ts'
import { isoDay } from '../../../voucher-store/admin/shown.ts'
import { stockByProduct } from '../../../voucher-store/admin/stock.ts'
import {
  addSale,
  genericFile,
  importFile,
  NOW,
  stockedStore,
  type TemporaryStore,
  TODAY,
  vouchersFrom,
} from '../temporary-store.ts'

const DAY = 86_400_000
let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 20)
})
afterEach(() => store.close())

const stockOf = (product: string, marginDays = 0) =>
  stockByProduct(store.database, TODAY, marginDays).find((row) => row.product === product)

it('lasts as long as what is released does at the pace of seven days, refunds counted', async () => {
  await importFile(store, genericFile(vouchersFrom(100, 10)), { release: false })
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await addSale(store, { id: 2, voucherIds: [2, 3], atMs: NOW - 6 * DAY }, 'sold')
  await addSale(store, { id: 3, voucherIds: [4], atMs: NOW - 7 * DAY }, 'sold')
  await addSale(store, { id: 4, voucherIds: [5] }, 'refunding')
  await addSale(store, { id: 5, voucherIds: [6] }, 'declined')
  expect(stockOf('093205')).toMatchObject({
    ...{ imported: 30, available: 25, sold: 4, quarantined: 1, notReleased: 10 },
    // Fifteen may be sold, and four were in the week.
    ...{ soldLast7Days: 4, daysLeft: 26.2 },
  })
})

it('of a product that nobody bought lasts nobody knows how long', () => {
  expect(stockOf('093205')).toMatchObject({ available: 20, soldLast7Days: 0, daysLeft: null })
  expect(stockOf('091905')).toMatchObject({ imported: 0, available: 0, daysLeft: null })
})

it('that no sale can get any more is told apart, and lasts for nobody', async () => {
  const expires = isoDay(addDays(TODAY, 5))
  const nearly = (first: number, count: number) =>
    genericFile(vouchersFrom(first, count).map((voucher) => ({ ...voucher, expires })))
  await importFile(store, nearly(100, 10))
  await importFile(store, nearly(200, 3), { release: false })
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  const margin = (days: number) => {
    const { available, notReleased, nearExpiry, sellable, daysLeft } = stockOf('093205', days) ?? {}
    return { available, notReleased, nearExpiry, sellable, daysLeft }
  }
  const same = { available: 32, notReleased: 3 }
  expect(margin(5)).toEqual({ ...same, nearExpiry: 0, sellable: 29, daysLeft: 203 })
  expect(margin(6)).toEqual({ ...same, nearExpiry: 10, sellable: 19, daysLeft: 133 })
})
