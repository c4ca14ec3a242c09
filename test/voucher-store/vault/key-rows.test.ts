// Keys of the store as rows: a new one is used only when it is durable, and one that a batch still
// needs is not removed.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { addKey, wrappedKeys } from '../../../voucher-store/vault/key-rows.ts'
import {
  beginRotation,
  endRotation,
  rotationOf,
} from '../../../voucher-store/vault/rotation-state.ts'
import { KEK, NOW, stockedStore, type TemporaryStore } from '../temporary-store.ts'

const BY = { by: 'sara', atMs: NOW }

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 3)
})
afterEach(() => store.close())

it('a key that was not written seals nothing', async () => {
  const before = store.ring.newest('card').id
  const write: TemporaryStore['journal']['write'] = async () => {
    return { kind: 'rolled-back', reason: 'full', detail: 'not now' }
  }
  const key = { purpose: 'card', detail: {}, also: () => [] } as const
  const refused = await addKey({ ...store, journal: { write }, kek: KEK }, key, BY)
  expect(refused.kind).toBe('full')
  expect(store.ring.newest('card').id).toBe(before)
  expect((await addKey({ ...store, kek: KEK }, key, BY)).kind).toBe('written')
  expect(store.ring.newest('card').id).toBeGreaterThan(before)
})

it('the key of a batch is not removed at the end of a rotation, and the rotation goes on', async () => {
  await beginRotation(store, null, BY)
  const inUse = store.database.prepare('select vault_key from batch').pluck().get() as number
  const ids = () => wrappedKeys(store.database).map(({ id }) => id)
  const before = ids()
  expect((await endRotation(store.journal, [inUse], BY)).kind).toBe('changed')
  expect(ids()).toEqual(before)
  expect(rotationOf(store.database)).toBeDefined()
})
