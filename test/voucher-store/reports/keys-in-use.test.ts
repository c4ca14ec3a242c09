// Which keys still seal something: a rotation removes the others, and what lay under one that was
// removed too early never opens again. Every kind of row counts.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { putMasterKey, putZoneSet } from '../../../voucher-store/admin/keys.ts'
import { keysInUse, rowsOn } from '../../../voucher-store/reports/keys-in-use.ts'
import { addSale, NOW, stockedStore, type TemporaryStore } from '../temporary-store.ts'

const BY = { by: 'sara', atMs: NOW }
const [CARD, MASTER, MAC, PIN, DATA] = [70_001, 70_002, 70_003, 70_004, 70_005] as const

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 4)
})
afterEach(() => store.close())

function sealed(key: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(key)
  return bytes
}

it('a key is in use by vouchers, card numbers, a master key and each key of a set', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  store.writer.prepare('update sale set sealed_card = ?').run(sealed(CARD))
  const owner = 'institution/bank'
  const master = { owner, scheme: 'aes', sealed: sealed(MASTER), checkValue: 'ABCDEF' } as const
  await putMasterKey(store.journal, master, 'key load', BY)
  const keys = { macKey: sealed(MAC), pinKey: sealed(PIN), dataKey: sealed(DATA) }
  const told = { transmission: undefined, serialNumber: undefined }
  const set = { generation: 1, scheme: 'aes', ...keys, ...told } as const
  await putZoneSet(store.journal, { owner, under: 'ABCDEF' }, set, BY)
  const use = keysInUse(store.database)
  const batchKey = store.database.prepare('select vault_key from batch').pluck().get() as number
  const rows = [batchKey, CARD, MASTER, MAC, PIN, DATA, 70_006].map((key) => rowsOn(use, key))
  expect(rows).toEqual([4, 1, 1, 1, 1, 1, 0])
})
