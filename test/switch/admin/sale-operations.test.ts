// Reversals in suspense: what a person decided about one is decided, whichever way it was.

import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  addSale,
  endReversal,
  stockedStore,
  type TemporaryStore,
} from '../../voucher-store/temporary-store.ts'
import { toldOperations } from './told-operations.ts'

const actor = { name: 'sara' }
const note = 'letter 4/112'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 5)
  await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
  await endReversal(store, 1, 'suspense')
})
afterEach(() => store.close())

it.each([
  ['reversed', 'closed'],
  ['no-debit', 'no-debit'],
] as const)('a reversal that was resolved as %s is resolved no second time', async (as, status) => {
  const { operations, told } = toldOperations(store)
  await operations.resolveSuspense(actor, 1, { as, note })
  for (const again of ['retry', 'reversed', 'no-debit'] as const) {
    await expect(operations.resolveSuspense(actor, 1, { as: again, note })).rejects.toMatchObject({
      ...{ code: 'CONFLICT', message: `the reversal of sale 1 has ended: ${status}` },
    })
  }
  expect(told).toEqual(['resolved 1'])
})
