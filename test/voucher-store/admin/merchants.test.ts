// What a merchant may sell and how much of it: set, left alone, and lifted again.

import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  addMerchant,
  changeMerchant,
  findMerchant,
} from '../../../voucher-store/admin/merchants.ts'
import { addTerminal, NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

const KEY = { institution: 0, mid: '000000000012345' }
let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
  await addTerminal(store)
})
afterEach(() => store.close())

const set = (change: object) =>
  changeMerchant(store.journal, KEY, change, { by: 'sara', atMs: NOW })
const found = () => findMerchant(store.database, KEY)

it('is restricted, and not by what was lifted', async () => {
  const products = ['091905', '093205']
  await set({ products, limitCount: 5, limitRial: 70_000, contact: 'x' })
  await set({ limitCount: 6 })
  const restricted = { products, limitCount: 6, limitRial: 70_000, contact: 'x' }
  expect(found()).toMatchObject(restricted)
  const nothing = { products: null, limitCount: null, limitRial: null, contact: null }
  await set(nothing)
  expect(found()).toMatchObject({ ...nothing, name: 'Kiosk', enabled: true })
})

it('is changed alone when another institution has a merchant of its number', async () => {
  const other = { ...KEY, institution: 7 }
  const facts = { name: 'Other', city: 'Rey', limitCount: 3 }
  await addMerchant(store.journal, { ...other, ...facts }, { by: 'sara', atMs: NOW })
  expect(await set({ limitCount: 9 })).toMatchObject({ kind: 'written' })
  const limits = [KEY, other].map((key) => findMerchant(store.database, key)?.limitCount)
  expect(limits).toEqual([9, 3])
})
