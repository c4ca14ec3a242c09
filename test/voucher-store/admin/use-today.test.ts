// What was sold today is of today: the row of an earlier day says nothing about it.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { sql } from '../../../voucher-store/admin/statements.ts'
import { useToday } from '../../../voucher-store/admin/use-today.ts'
import { addSale, stockedStore, type TemporaryStore, TODAY } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

it('counts the sales of the day, and is nothing on the next', async () => {
  await addSale(store, { id: 1, voucherIds: [1, 2] }, 'sold')
  await addSale(store, { id: 2, voucherIds: [3] }, 'sold')
  const today = (day: number) => [
    useToday(store.database, sql('terminal_tally').where({ terminal: 1 }), day),
    useToday(store.database, sql('merchant_use').where({ merchant: 1 }), day),
  ]
  const use = { count: 2, rial: 150_000 }
  expect(today(TODAY)).toEqual([use, use])
  const nothing = { count: 0, rial: 0 }
  expect(today(TODAY + 1)).toEqual([nothing, nothing])
})
