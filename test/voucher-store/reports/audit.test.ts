// The invariants over the store: that a voucher is in no other state than its sale allows is told,
// with the sale that it belongs to.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { type VoucherState, voucherCode } from '../../../voucher-store/codes.ts'
import { audit } from '../../../voucher-store/reports/audit.ts'
import { addSale, endReversal, stockedStore, type TemporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

it.each<[VoucherState, string]>([
  ['quarantined', ''],
  ['voided', ''],
  ['available', '4'],
  ['sold', '4'],
  ['expired', '4'],
  ['fenced', '4'],
])('a refunded sale whose voucher is %s breaks: "%s"', async (state, detail) => {
  await addSale(store, { id: 4, voucherIds: [1] }, 'refunding')
  await endReversal(store, 4, 'closed')
  const move = store.writer.prepare('update voucher set state = ? where id = 1')
  move.run(voucherCode(state))
  const name = 'every voucher of a sale is in the state of the sale'
  const check = audit(store.database).checks.find((one) => one.name === name)
  expect(check?.detail).toBe(detail)
})
