// That a mobile operator has one code, by which its vouchers are known again: what a catalogue file
// may bring beside what the store holds.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { codeProblems } from '../../../voucher-store/admin/product-codes.ts'
import { loadProducts } from '../../../voucher-store/admin/products.ts'
import { type CatalogueProduct, parseCatalogue } from '../../../voucher-store/catalogue-file.ts'
import {
  genericFile,
  importFile,
  NOW,
  type TemporaryStore,
  temporaryStore,
  vouchersFrom,
} from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

function rows(...lines: string[]): CatalogueProduct[] {
  const title = 'product,operator,nameEn,nameFa,priceRial,vatRate,redeem,validFrom'
  const catalogue = parseCatalogue(Buffer.from(`${title}\n${lines.join('\n')}\n`))
  if (catalogue.kind !== 'catalogue') throw new Error('the test catalogue is wrong')
  return catalogue.products
}

const row = (product: string, name: string, price = 50_000, validFrom = '2026-01-01') =>
  `${product},${name},"${name} ${product}",x,${price},0.10,*140*#{pin}#,${validFrom}`

const load = (products: CatalogueProduct[]) =>
  loadProducts(store.journal, store.database, products, { by: 'sara', atMs: NOW })

describe('a catalogue', () => {
  const problems = (...lines: string[]) => codeProblems(store.database, rows(...lines))

  it('with a second code for a name is refused: each PIN could be imported under both', async () => {
    const [problem, ...others] = problems(row('091905', 'MCI'), row('093605', 'Taliya'))
    expect(problem).toMatchObject({ line: 3, message: 'operator: Taliya is 0932 in the store' })
    expect(others).toEqual([])
    expect(problems(row('093605', 'TALIYA'))).toHaveLength(1)
    expect(await load(rows(row('093605', 'Taliya')))).toMatchObject({ kind: 'changed' })
  })

  it('with another name for a code is refused once there are vouchers of it', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 3)))
    const [problem] = problems(row('093205', 'Hamrah'))
    expect(problem).toMatchObject({ line: 2, message: 'operator: 0932 is Taliya in the store' })
    expect(await load(rows(row('093205', 'Hamrah')))).toMatchObject({ kind: 'changed' })
  })

  it('mends the name of a code without vouchers, when it has every row of it', async () => {
    await load(rows(row('093210', 'Taliya', 100_000)))
    expect(problems(row('093205', 'Hamrah'))).toHaveLength(1)
    expect(await load(rows(row('093205', 'Hamrah')))).toMatchObject({ kind: 'changed' })
    const whole = [row('093205', 'Hamrah'), row('093210', 'Hamrah', 100_000)]
    expect(problems(...whole)).toEqual([])
    expect(await load(rows(...whole))).toMatchObject({ kind: 'written' })
  })

  it('that was loaded while another one was being written does not bring the second code', async () => {
    const both = [load(rows(row('093805', 'Hamrah'))), load(rows(row('093905', 'Hamrah')))]
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['written', 'changed'])
  })

  it('goes on with the codes that a store had before, however many a name has', async () => {
    const two = store.writer.prepare(
      `insert into product (product, mobile_operator, name_en, name_fa, price_rial, vat_rate,
         redeem, valid_from, enabled) values (93605, 'Taliya', 'x', 'x', 1, '0.10', 'x', 1, 1)`,
    )
    two.run()
    for (const product of ['093205', '093605']) {
      const lines = row(product, 'Taliya', 60_000, '2026-09-01')
      expect(problems(lines)).toEqual([])
      expect(await load(rows(lines))).toMatchObject({ kind: 'written' })
    }
  })
})
