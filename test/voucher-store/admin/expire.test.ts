// Vouchers whose last day has passed leave the stock, and only they.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findBatch } from '../../../voucher-store/admin/batches.ts'
import { expireVouchers } from '../../../voucher-store/admin/expire.ts'
import { audit } from '../../../voucher-store/reports/audit.ts'
import {
  addSale,
  addTerminal,
  genericFile,
  importFile,
  must,
  NOW,
  type TemporaryStore,
  temporaryStore,
  vouchersFrom,
} from '../temporary-store.ts'

let store: TemporaryStore

beforeEach(async () => {
  store = await temporaryStore()
  await addTerminal(store)
})
afterEach(() => store.close())

describe('vouchers that expire', () => {
  it('leave the stock the day after their last day, reserved ones when they come back', async () => {
    const soon = vouchersFrom(0, 1_500).map((row) => ({ ...row, expires: '2026-08-31' }))
    await importFile(store, genericFile([...soon, ...vouchersFrom(2_000, 10)]))
    await addSale(store, { id: 1, voucherIds: [1, 2] }, 'sold')
    await addSale(store, { id: 2, voucherIds: [3] }, 'intent')
    expect(await expireVouchers(store, 20260831, NOW)).toBe(0)
    expect(await expireVouchers(store, 20260901, NOW)).toBe(1_497)
    expect(findBatch(store.database, 1)?.counts).toMatchObject({
      ...{ imported: 1_510, available: 10, reserved: 1, sold: 2, expired: 1_497 },
    })
    expect(await expireVouchers(store, 20260901, NOW)).toBe(0)
    expect(audit(store.database).ok).toBe(true)
  })

  it('leave to a sale what it reserved since they were counted', async () => {
    const soon = vouchersFrom(0, 3).map((row) => ({ ...row, expires: '2026-08-31' }))
    await importFile(store, genericFile(soon))
    let isFirst = true
    const write: TemporaryStore['journal']['write'] = async (record) => {
      if (isFirst) {
        isFirst = false
        await addSale(store, { id: 1, voucherIds: [2] }, 'intent')
      }
      return store.journal.write(record)
    }
    const meanwhile = { journal: { write }, database: store.database }
    expect(await expireVouchers(meanwhile, 20260901, NOW)).toBe(0)
    expect(await expireVouchers(store, 20260901, NOW)).toBe(2)
    expect(findBatch(store.database, 1)?.counts).toMatchObject({ reserved: 1, expired: 2 })
    const sold = { kind: 'sold', authCode: '004711', hostDate: undefined } as const
    await must(store.journal.write({ kind: 'outcome', id: 1, outcome: sold, atMs: NOW }))
    expect(audit(store.database).ok).toBe(true)
  })
})
