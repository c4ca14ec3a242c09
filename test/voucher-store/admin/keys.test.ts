// Keys that are sealed anew: the audit record says how whoever ordered it was let in, as it does of
// every other act.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { resealKeys } from '../../../voucher-store/admin/keys.ts'
import { NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

it('keys that are sealed anew are on record with who ordered it and how he was let in', async () => {
  const how = { as: 'login', from: 'socket', approval: '1f0c77ab', consentBy: 'dara' } as const
  const written = await resealKeys(store.journal, [], { by: 'sara', how, atMs: NOW })
  expect(written.kind).toBe('written')
  const body = store.database.prepare('select body from journal order by jseq desc').pluck().get()
  expect(JSON.parse(String(body))).toMatchObject({ action: 'vault reseal keys', by: 'sara', how })
})
