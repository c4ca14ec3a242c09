// A backup and a check of the journal are begun only where the disk has room for them beside what
// sales and the ballast need.

import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { defaultSettings } from '../../../switch/limits.ts'
import { ReportThreads } from '../../../voucher-store/reports/report-threads.ts'
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
afterEach(() => {
  vi.restoreAllMocks()
  return store.close()
})

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

it('a check of the journal needs room for one to compare rows, and checks the rest without', async () => {
  const verify = () => operations().verifyJournal()
  free = copies(1) - 1
  expect(await verify()).toMatchObject({
    ...{ ok: true, problems: [], rowsCompared: false },
    notComparable: expect.stringMatching(/^no room to rebuild the rows: .* MiB are needed$/),
  })
  free = copies(1)
  expect(await verify()).toMatchObject({ ok: true, rowsCompared: true, notComparable: null })
})

it('what a check was promised and has not written yet is not there for a backup', async () => {
  const { verifyJournal, backup } = operations()
  const target = (name: string) => join(store.directory, name)
  const scratch = `${store.file}.rebuilt`
  const spy = vi.spyOn(ReportThreads.prototype, 'run')
  spy.mockImplementationOnce(async () => {
    free = copies(3) - 1
    await expect(backup(actor, target('a'))).rejects.toMatchObject({ code: 'NOT_READY' })
    writeFileSync(scratch, Buffer.alloc(storeBytes(store.database)))
    free = copies(2) + MORE
    expect(await backup(actor, target('b'))).toMatchObject({ file: target('b') })
    rmSync(scratch)
    return { kind: 'timed-out' }
  })
  free = copies(1)
  await expect(verifyJournal()).rejects.toMatchObject({ code: 'TIMED_OUT' })
  free = copies(2) + MORE
  expect(await backup(actor, target('c'))).toMatchObject({ file: target('c') })
})
