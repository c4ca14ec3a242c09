// What a batch file may be imported as: the product whose price is in force, and none when the
// price does not tell which.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ProductId } from '../../../protocol/values/identifiers.ts'
import {
  batchCatalogue,
  changeProduct,
  loadProducts,
} from '../../../voucher-store/admin/products.ts'
import { parseCatalogue } from '../../../voucher-store/catalogue-file.ts'
import { NOW, type TemporaryStore, TODAY, temporaryStore } from '../temporary-store.ts'

const by = { by: 'sara', atMs: NOW }
let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

async function add(product: string, price: number, validFrom: string): Promise<void> {
  const text = `product,operator,nameEn,nameFa,priceRial,vatRate,redeem,validFrom
${product},MCI,"MCI ${product}",x,${price},0.10,*140*#{pin}#,${validFrom}\n`
  const catalogue = parseCatalogue(Buffer.from(text))
  if (catalogue.kind !== 'catalogue') throw new Error('the test catalogue is wrong')
  await loadProducts(store.journal, store.database, catalogue.products, by)
}

const found = (price: number, today = TODAY) =>
  batchCatalogue(store.database, today).product('MCI', price)

it('is the product of the price in force, from its first day on', async () => {
  await add('091905', 60_000, '2026-07-01')
  expect([found(50_000, TODAY - 71), found(60_000, TODAY - 71)]).toEqual(['091905', undefined])
  expect([found(50_000), found(60_000)]).toEqual([undefined, '091905'])
})

it('is none where several are sold at one price', async () => {
  await add('091955', 50_000, '2026-01-01')
  expect(found(50_000)).toBe('several')
  expect(batchCatalogue(store.database, TODAY).product('0919', 50_000)).toBe('several')
  await changeProduct(store.journal, '091905', { enabled: false }, by)
  expect(found(50_000)).toBe('091955')
  await changeProduct(store.journal, '091955', { enabled: false }, by)
  expect(found(50_000)).toBe('several')
})

it('has the products of the store, and no others', () => {
  const { has } = batchCatalogue(store.database, TODAY)
  expect(['091905', '093205', '091999'].map((id) => has(id as ProductId))).toEqual([
    ...[true, true, false],
  ])
})
