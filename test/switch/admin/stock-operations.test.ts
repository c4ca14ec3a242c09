// Batches whose change the store does not take: what runs and what is durable say the same, and
// whoever asked hears that it was not done.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WriteResult } from '../../../switch/core/journal.ts'
import { findBatch } from '../../../voucher-store/admin/batches.ts'
import type { StoreRecord } from '../../../voucher-store/store-record.ts'
import {
  genericFile,
  importFile,
  inChunks,
  type TemporaryStore,
  TODAY,
  temporaryStore,
  vouchersFrom,
} from '../../voucher-store/temporary-store.ts'
import { toldOperations } from './told-operations.ts'

const actor = { name: 'sara' }
const FULL: WriteResult = { kind: 'rolled-back', reason: 'full', detail: 'no room' }

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

/** A disk that has no room for acts of that name. */
function without(action: string) {
  const write = (record: StoreRecord): Promise<WriteResult> =>
    record.kind === 'admin' && record.action === action
      ? Promise.resolve(FULL)
      : store.journal.write(record)
  return toldOperations(store, { write })
}

describe('a batch', () => {
  it('that could not be held is sold from as before', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 10)))
    const { operations, inventory } = without('batch hold')
    await expect(operations.changeBatch(actor, 1, { action: 'hold' })).rejects.toThrow()
    expect(findBatch(store.database, 1)?.state).toBe('released')
    expect(inventory.reserve('093205', 10, TODAY)).toHaveLength(10)
  })

  it('that could not be emptied is not said to be recalled, and not sold from', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 10)))
    const { operations, inventory } = without('batch void')
    await expect(operations.changeBatch(actor, 1, { action: 'recall' })).rejects.toThrow()
    expect(findBatch(store.database, 1)).toMatchObject({ state: 'held', counts: { available: 10 } })
    expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
  })

  it('is for sale when its importer hears that it is there', async () => {
    const { operations, inventory } = toldOperations(store)
    // Whoever looked before found nothing, and would look again much later.
    expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
    const request = { fileName: 'a.csv', release: true, dryRun: false }
    const file = inChunks(genericFile(vouchersFrom(0, 10)))
    for await (const event of operations.importBatch(actor, request, file)) {
      if (event.kind === 'done') expect(inventory.reserve('093205', 10, TODAY)).toHaveLength(10)
    }
    expect.assertions(2)
  })
})
