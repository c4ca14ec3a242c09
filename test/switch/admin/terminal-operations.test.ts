// Lists of merchants and terminals as the running switch takes them: each is an act of somebody,
// and on record with how he was let in.

import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  inChunks,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from '../../voucher-store/temporary-store.ts'
import { toldOperations } from './told-operations.ts'

const how = { as: 'login', from: 'tcp' } as const
const actor = { name: 'sara', how }

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

it('a list of merchants and one of terminals say who sent them and how he was let in', async () => {
  const { operations } = toldOperations(store)
  const request = { fileName: 'list.csv', dryRun: false }
  const lists = [
    [operations.importMerchants, 'mid,name\n7,Shop\n'],
    [operations.importTerminals, 'mid,tid,scheme\n7,71,none\n'],
  ] as const
  for (const [send, text] of lists) {
    for await (const event of send(actor, request, inChunks(Buffer.from(text)))) {
      if (event.kind === 'done') expect(event).toMatchObject({ added: 1, refused: 0 })
    }
  }
  const acts = store.records.slice(-2)
  expect(acts).toMatchObject([
    { action: 'merchant import', by: 'sara', how, atMs: NOW },
    { action: 'terminal import', by: 'sara', how, atMs: NOW },
  ])
})
