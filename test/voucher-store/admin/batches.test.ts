// A batch is closed only while nothing of it can come to a sale any more: that is part of the
// change itself, because sales go on between looking and writing.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { StoreJournal } from '../../../voucher-store/admin/admin-write.ts'
import {
  type BatchMove,
  findBatch,
  moveBatch,
  voidAvailable,
} from '../../../voucher-store/admin/batches.ts'
import { fenceStatements } from '../../../voucher-store/backup/fence.ts'
import {
  addSale,
  genericFile,
  importFile,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
  vouchersFrom,
} from '../temporary-store.ts'

const by = { by: 'sara', atMs: NOW }
const CLOSE: BatchMove = { action: 'close', from: ['released'], to: 'closed', whenEmpty: true }

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 1)
})
afterEach(() => store.close())

const moved = () => moveBatch(store.journal, 1, CLOSE, by)

it.each([
  ['in stock', () => Promise.resolve()],
  ['reserved', () => addSale(store, { id: 1, voucherIds: [1] }, 'intent')],
  [
    'fenced',
    async () => {
      const statements = fenceStatements(store.database, { fromMs: NOW, toMs: NOW })
      const record = { kind: 'admin', action: 'restore', detail: {}, statements } as const
      await must(store.journal.write({ ...record, ...by }))
    },
  ],
] as const)('is refused while a voucher of it is %s', async (_where, prepare) => {
  await prepare()
  expect(await moved()).toMatchObject({ kind: 'changed' })
  expect(findBatch(store.database, 1)).toMatchObject({ state: 'released' })
})

it('is done once all of it is sold', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  expect(await moved()).toMatchObject({ kind: 'written' })
  expect(findBatch(store.database, 1)).toMatchObject({ state: 'closed', counts: { sold: 1 } })
})

it('is voided whole though a sale takes one of it while the count is made', async () => {
  await importFile(store, genericFile(vouchersFrom(100, 3)))
  let interfered = false
  const journal: StoreJournal = {
    write: async (record) => {
      if (!interfered) {
        interfered = true
        await addSale(store, { id: 1, voucherIds: [2] }, 'sold')
      }
      return store.journal.write(record)
    },
  }
  const result = await voidAvailable(journal, store.database, 2, by)
  expect(result).toEqual({ voided: 2, problem: undefined })
  expect(findBatch(store.database, 2)?.counts).toMatchObject({ available: 0, sold: 1, voided: 2 })
})
