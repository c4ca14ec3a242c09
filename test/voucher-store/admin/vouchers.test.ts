// A voucher leaves quarantine as it was seen there, and not twice: counts follow it.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { findBatch } from '../../../voucher-store/admin/batches.ts'
import {
  findVoucher,
  isShowable,
  leaveQuarantine,
  noteRevealed,
} from '../../../voucher-store/admin/vouchers.ts'
import { VOUCHER_STATES } from '../../../voucher-store/codes.ts'
import { addSale, must, NOW, stockedStore, type TemporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 3)
})
afterEach(() => store.close())

it('and is not voided by whoever looked before it went back to stock', async () => {
  for (const voucherId of [1, 2]) {
    await must(store.journal.write({ kind: 'quarantine', voucherId, why: 'test', atMs: NOW }))
  }
  const seen = findVoucher(store.database, 1)
  if (seen === undefined) throw new Error('it is there')
  const leave = (to: 'available' | 'voided') =>
    leaveQuarantine(store.journal, seen, to, { by: 'sara', atMs: NOW })
  expect(await leave('available')).toMatchObject({ kind: 'written' })
  expect(await leave('voided')).toMatchObject({ kind: 'changed' })
  expect(findVoucher(store.database, 1)?.state).toBe('available')
  const counts = { available: 2, quarantined: 1, voided: 0 }
  expect(findBatch(store.database, 1)?.counts).toMatchObject(counts)
})

it('and does not go back to stock by whoever saw it there before it was sold', async () => {
  await must(store.journal.write({ kind: 'quarantine', voucherId: 1, why: 'test', atMs: NOW }))
  const seen = findVoucher(store.database, 1)
  if (seen === undefined) throw new Error('it is there')
  const release = () => leaveQuarantine(store.journal, seen, 'available', { by: 'sara', atMs: NOW })
  expect(await release()).toMatchObject({ kind: 'written' })
  await addSale(store, { id: 1, voucherIds: [1] }, 'refunding')
  expect(await release()).toMatchObject({ kind: 'changed' })
  expect(findVoucher(store.database, 1)).toMatchObject({ state: 'quarantined', sale: 1 })
})

it('and is shown to a person only when it was sold and nobody can buy it any more', () => {
  const voucher = findVoucher(store.database, 1)
  if (voucher === undefined) throw new Error('it is there')
  const showable = (sale: number | null) =>
    VOUCHER_STATES.filter((state) => isShowable({ ...voucher, state, sale }))
  expect(showable(7)).toEqual(['sold', 'quarantined', 'voided'])
  expect(showable(null)).toEqual([])
})

it('and once its PIN is revealed there is one claim, while its terminal could reverse it', async () => {
  await addSale(store, { id: 1, voucherIds: [1, 2] }, 'sold')
  await addSale(store, { id: 2, voucherIds: [3] }, 'sold')
  await must(store.journal.write({ kind: 'confirm', id: 2, by: '0220', atMs: NOW }))
  for (const id of [1, 2, 3]) {
    const voucher = findVoucher(store.database, id)
    if (voucher === undefined) throw new Error('it is there')
    const by = { by: 'sara', atMs: NOW + id }
    expect(await noteRevealed(store.journal, voucher, by)).toMatchObject({ kind: 'written' })
  }
  const claims = store.database.prepare('select sale, reason, at_ms as atMs from claim').all()
  expect(claims).toEqual([{ sale: 1, reason: 'revealed', atMs: NOW + 1 }])
})
