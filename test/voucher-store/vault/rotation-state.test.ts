// What the store remembers of a rotation of data keys, and how it ends.

import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  beginRotation,
  endRotation,
  rotationOf,
} from '../../../voucher-store/vault/rotation-state.ts'
import { NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

const BY = { by: 'test', atMs: NOW }
const [FIRST, COUNT] = [1_000, 40_000]

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

it('ends with the removal of more keys than SQLite takes values', async () => {
  const keys = Array.from({ length: COUNT }, (_, index) => FIRST + index)
  const insert = "insert into vault_key select value, 'pin', x'00', 0 from json_each(?)"
  store.writer.prepare(insert).run(JSON.stringify(keys))
  await beginRotation(store, null, BY)
  expect(rotationOf(store.database)).toEqual({ before: FIRST + COUNT, batch: null })
  expect((await endRotation(store.journal, keys, BY)).kind).toBe('written')
  expect(rotationOf(store.database)).toBeUndefined()
  const left = 'select count(*) from vault_key where id >= ?'
  expect(store.database.prepare(left).pluck().get(FIRST)).toBe(0)
})
