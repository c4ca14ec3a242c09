// What a ledger settles is written only where it still holds: sales go on while the ledger is read.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { reopenReversals } from '../../../voucher-store/admin/reopening.ts'
import { settle } from '../../../voucher-store/admin/settlement.ts'
import { reversalCode } from '../../../voucher-store/codes.ts'
import type { Difference, Settleable } from '../../../voucher-store/reports/judge-sale.ts'
import { FULL } from '../../switch/core/fake-journal.ts'
import {
  addSale,
  endReversal,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
} from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

const settled = (...settleable: Settleable[]) =>
  settle(store, settleable, { by: 'admin', atMs: NOW })
const hasCard = (sale: number) =>
  store.database.prepare('select sealed_card is not null from sale where id = ?').pluck().get(sale)
const statusOf = (sale: number) =>
  store.database.prepare('select status from reversal where sale = ?').pluck().get(sale)

async function reopened(sale: number): Promise<void> {
  const difference: Difference = {
    ...{ kind: 'unknown debit', sale, amountRial: 50_000, rrn: null, tid: null, text: '' },
    ...{ hostStan: null, hostTransmission: null },
  }
  expect(await reopenReversals(store, [difference], NOW)).toEqual([sale])
}

it('keeps the card number of a sale that was reopened since the ledger was read', async () => {
  for (const id of [1, 2]) {
    await addSale(store, { id, voucherIds: [1] }, 'reversing')
    await endReversal(store, id, 'closed')
  }
  await reopened(1)
  const over = (sale: number) => ({ sale, watchedTries: undefined, destroyCard: true })
  await settled(over(1), over(2))
  expect([hasCard(1), hasCard(2)]).toEqual([1, 0])
})

it('leaves a watched reversal open that was reopened since, and the refund of a sale', async () => {
  for (const id of [1, 2]) {
    await addSale(store, { id, voucherIds: [id] }, 'reversing')
    await endReversal(store, id, 'watched')
  }
  await addSale(store, { id: 3, voucherIds: [3] }, 'refunding')
  await reopened(1)
  const pending = statusOf(1)
  const watched = (sale: number) => ({ sale, watchedTries: 1, destroyCard: false })
  expect(await settled(watched(1), watched(2), watched(3))).toBe(1)
  expect([statusOf(1), statusOf(3)]).toEqual([pending, pending])
  expect(statusOf(2)).not.toBe(pending)
})

it('counts nothing as settled that the store did not take', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  const write: TemporaryStore['journal']['write'] = async () => {
    return FULL
  }
  const full = { journal: { write }, database: store.database }
  const settleable = [{ sale: 1, watchedTries: undefined, destroyCard: true }]
  expect(await settle(full, settleable, { by: 'admin', atMs: NOW })).toBe(0)
  expect(hasCard(1)).toBe(1)
  expect(await settled(...settleable)).toBe(1)
})

it('closes no watched reversal of which an approval is seen before that is written', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
  await endReversal(store, 1, 'watched')
  const approval = { authCode: '004711', hostDate: undefined }
  const write: TemporaryStore['journal']['write'] = async (record) => {
    await must(
      store.journal.write({
        ...{ kind: 'reversal', id: 1, status: 'pending', responseCode: undefined, tries: 1 },
        ...{ approval, fresh: undefined, why: 'late approval', atMs: NOW },
      }),
    )
    return store.journal.write(record)
  }
  const meanwhile = { journal: { write }, database: store.database }
  const settleable = [{ sale: 1, watchedTries: 1, destroyCard: false }]
  expect(await settle(meanwhile, settleable, { by: 'admin', atMs: NOW })).toBe(0)
  expect(statusOf(1)).toBe(reversalCode('pending'))
})

it('destroys the card number of every kind of sale that is over, and of no other', async () => {
  const ends = ['sold', 'declined', 'reversing', 'refunding'] as const
  for (const [index, end] of [...ends, ...ends.slice(2), 'intent' as const].entries()) {
    await addSale(store, { id: index + 1, voucherIds: [index + 1] }, end)
  }
  for (const id of [3, 4]) await endReversal(store, id, 'closed')
  const sales = [1, 2, 3, 4, 5, 6, 7]
  await settled(...sales.map((sale) => ({ sale, watchedTries: undefined, destroyCard: true })))
  expect(sales.map(hasCard)).toEqual([0, 0, 0, 0, 1, 1, 1])
})

it('destroys the card numbers of more sales than one record takes', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  const others = Array.from({ length: 500 }, (_, index) => 1_000 + index)
  const over = [...others, 1].map((sale) => ({ sale, watchedTries: undefined, destroyCard: true }))
  expect(await settled(...over)).toBe(501)
  expect(hasCard(1)).toBe(0)
})
