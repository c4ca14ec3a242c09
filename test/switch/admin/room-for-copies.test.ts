// A backup and a check of the journal are begun only where the disk has room for them beside what
// sales and the ballast need.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { defaultSettings } from '../../../switch/limits.ts'
import { storeBytes } from '../../../voucher-store/room.ts'
import { stockedStore, type TemporaryStore } from '../../voucher-store/temporary-store.ts'
import { toldOperations } from './told-operations.ts'

const actor = { name: 'sara' }
const BALLASTS = 2 * defaultSettings().limits.ballastBytes
/** What the records of a backup may add to the store. */
const MORE = 1 << 20

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 20)
})
afterEach(() => store.close())

let free: number
const operations = () =>
  toldOperations(store, store.journal, undefined, { freeOf: () => free }).operations
const copies = (count: number) => BALLASTS + count * storeBytes(store.database)

it('a backup needs room for two copies where its target is on the disk of the data', async () => {
  const target = join(store.directory, 'copy.evsbak')
  const backup = () => operations().backup(actor, target)
  const { length } = store.records
  free = copies(2) - 1
  await expect(backup()).rejects.toMatchObject({
    ...{ code: 'NOT_READY', message: expect.stringMatching(/ has \d+ MiB free, and \d+ MiB are/) },
  })
  expect([existsSync(target), store.records.length]).toEqual([false, length])
  free = copies(2) + MORE
  expect(await backup()).toMatchObject({ file: target })
})

it('a check of the journal needs room for one', async () => {
  const verify = () => operations().verifyJournal()
  free = copies(1) - 1
  await expect(verify()).rejects.toMatchObject({ code: 'NOT_READY' })
  free = copies(1)
  expect(await verify()).toMatchObject({ ok: true })
})
