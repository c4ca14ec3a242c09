// The report of commission: the rate of the sale's day, a product's own before that of all, whole
// rials sale by sale, and nothing for what was refunded.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { setCommission } from '../../../voucher-store/admin/merchants.ts'
import { commissionReport } from '../../../voucher-store/reports/commission-table.ts'
import { addSale, NOW, stockedStore, type TemporaryStore, TODAY } from '../temporary-store.ts'

const MERCHANT = { institution: 0, mid: '000000000012345', id: 1 }
const by = { by: 'sara', atMs: NOW }
const PERIOD = { from: TODAY, to: TODAY + 1 }
let store: TemporaryStore

beforeEach(async () => {
  store = await stockedStore(1, 10)
})
afterEach(() => store.close())

const rate = (product: string | null, text: string, validFrom: number) =>
  setCommission(store.journal, MERCHANT, { product, rate: text, validFrom }, by)
const rows = () => commissionReport(store.database, PERIOD).rows

it('is empty when nothing was sold, and nothing without a rate', async () => {
  expect(rows()).toEqual([])
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  expect(rows()).toMatchObject([
    { mid: MERCHANT.mid, product: '093205', sales: 1, salesRial: '50000', commissionRial: '0' },
    { mid: 'sum', sales: 1, vouchers: 1, salesRial: '50000', commissionRial: '0' },
  ])
})

it('takes the rate of the day, that of the product first, and rounds each sale down', async () => {
  await rate(null, '0.0001', 20260101)
  await addSale(store, { id: 1, voucherIds: [1], amount: 59_999 }, 'sold')
  await addSale(store, { id: 2, voucherIds: [2], amount: 59_999 }, 'sold')
  await addSale(store, { id: 3, voucherIds: [3] }, 'refunding')
  // 5.9999 rial each: five, twice.
  expect(rows().at(-1)).toMatchObject({ sales: 2, salesRial: '119998', commissionRial: '10' })
  await rate('093205', '0.02', TODAY + 1)
  await addSale(store, { id: 4, voucherIds: [4], atMs: NOW + 86_400_000 }, 'sold')
  expect(rows().at(-1)).toMatchObject({ sales: 3, commissionRial: '1010' })
  await rate('093205', '0.03', TODAY + 1)
  expect(rows().at(-1)).toMatchObject({ commissionRial: '1510' })
})

it('takes the rate of the product also when that of all is newer', async () => {
  await rate('093205', '0.02', 20260101)
  await rate(null, '0.5', TODAY)
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  expect(rows().at(-1)).toMatchObject({ commissionRial: '1000' })
})

it('is of the rate that each merchant has', async () => {
  store.writer.exec(`insert into merchant (institution, mid, name, city, enabled)
    select 7, mid, 'Other', city, 1 from merchant`)
  await rate(null, '0.02', 20260101)
  const other = { ...MERCHANT, institution: 7, id: 2 }
  await setCommission(store.journal, other, { product: null, rate: '0.03', validFrom: TODAY }, by)
  for (const id of [1, 2]) await addSale(store, { id, voucherIds: [id] }, 'sold')
  store.writer.exec('update sale set merchant = 2 where id = 2')
  expect(rows().map(({ name, commissionRial }) => [name, commissionRial])).toEqual([
    ...[
      ['Kiosk', '1000'],
      ['Other', '1500'],
    ],
    ['', '2500'],
  ])
})

it('sums all rows, however many merchants there are', async () => {
  const MERCHANTS = 1_234
  await rate(null, '0.02', 20260101)
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  const { writer } = store
  /** So many of the one row that is there. */
  const copies = (table: string, changed: Readonly<Record<string, string>>) => {
    const names = writer.prepare('select name from pragma_table_info(?)').pluck().all(table)
    const values = names.map((name) => changed[String(name)] ?? `"${name}"`)
    const most = MERCHANTS - 1
    writer.exec(`with recursive n(i) as (values(2) union all select i + 1 from n limit ${most})
      insert into ${table} ("${names.join('", "')}") select ${values.join(', ')} from ${table}, n`)
  }
  copies('merchant', { id: 'i', mid: "printf('%015d', i)" })
  copies('commission', { id: 'i', merchant: 'i' })
  copies('sale', { id: 'i', merchant: 'i', stan: "printf('%06d', i)" })
  expect(rows()).toHaveLength(MERCHANTS + 1)
  expect(rows().at(-1)).toEqual({
    ...{ institution: null, mid: 'sum', name: '', product: '', sales: MERCHANTS },
    ...{ vouchers: MERCHANTS, salesRial: '61700000', commissionRial: '1234000' },
  })
})
