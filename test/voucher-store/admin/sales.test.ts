// A list of sales comes page by page, newest first, and says when there is no more.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { listSales } from '../../../voucher-store/admin/sales.ts'
import { addSale, stockedStore, type TemporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

it('is told page by page, and ends with the oldest', async () => {
  for (const id of [1, 2, 3]) await addSale(store, { id, voucherIds: [id] }, 'sold')
  const page = (before?: number) => {
    const found = listSales(store.database, { limit: 2, before })
    return [found.sales.map(({ id }) => id), found.before]
  }
  expect(page()).toEqual([[3, 2], 2])
  expect(page(2)).toEqual([[1], null])
  expect(page(1)).toEqual([[], null])
})
