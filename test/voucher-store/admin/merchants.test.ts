// What a merchant may sell and how much of it: set, left alone, and lifted again.

import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  addMerchant,
  changeMerchant,
  findMerchant,
  listMerchants,
  merchantDetail,
  setCommission,
} from '../../../voucher-store/admin/merchants.ts'
import { addTerminal, NOW, type TemporaryStore, TODAY, temporaryStore } from '../temporary-store.ts'

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

it('is told with the others page by page, to the last', async () => {
  for (const mid of ['2', '3', '4']) {
    const facts = { name: mid, city: 'Rey' }
    await addMerchant(store.journal, { institution: 0, mid, ...facts }, { by: 'sara', atMs: NOW })
  }
  const page = (after?: number) => listMerchants(store.database, { limit: 2, after })
  const first = page()
  expect(first.merchants.map(({ mid }) => mid)).toEqual([KEY.mid, '2'])
  const second = page(first.after ?? -1)
  expect(second.merchants.map(({ mid }) => mid)).toEqual(['3', '4'])
  expect(page(second.after ?? -1)).toEqual({ merchants: [], after: null })
  expect(listMerchants(store.database, { limit: 5 }).after).toBeNull()
})

it('is told only with those of its institution, or that are enabled like it', async () => {
  const by = { by: 'sara', atMs: NOW }
  for (const [institution, mid] of [
    [7, '2'],
    [7, '3'],
  ] as const) {
    await addMerchant(store.journal, { institution, mid, name: mid, city: 'Rey' }, by)
  }
  await changeMerchant(store.journal, { institution: 7, mid: '3' }, { enabled: false }, by)
  const mids = (search: object) =>
    listMerchants(store.database, { ...search, limit: 9 }).merchants.map(({ mid }) => mid)
  const found = [{ institution: 7 }, { institution: 0 }, { enabled: true }, { enabled: false }]
  expect(found.map(mids)).toEqual([['2', '3'], [KEY.mid], [KEY.mid, '2'], ['3']])
})

it('earns the commission that was set last for a day', async () => {
  const merchant = { ...KEY, id: 1 }
  for (const rate of ['0.02', '0.015']) {
    const commission = { product: null, rate, validFrom: TODAY }
    const by = { by: 'sara', atMs: NOW }
    const result = await setCommission(store.journal, merchant, commission, by)
    expect(result).toMatchObject({ kind: 'written' })
  }
  expect(merchantDetail(store.database, KEY, TODAY)?.commission).toEqual([
    { product: null, rate: '0.015', validFrom: '2026-07-01' },
  ])
})
