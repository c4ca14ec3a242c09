// Opening the store: the log that an earlier process left is read, and moved by the writer alone.

import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DATABASE_FILE } from '../../voucher-store/checked-data.ts'
import { openForReading } from '../../voucher-store/open-database.ts'
import { writeMark } from '../../voucher-store/outside-mark.ts'
import { lockDataDirectory } from '../../voucher-store/owner-lock.ts'
import { readCheckpoint } from '../../voucher-store/signed-checkpoint.ts'
import { openStore } from '../../voucher-store/store.ts'
import { readHead } from '../../voucher-store/writer/chain.ts'
import {
  genericFile,
  importFile,
  KEK_BYTES,
  must,
  NOW,
  type TemporaryStore,
  temporaryStore,
  vouchersFrom,
} from './temporary-store.ts'

let left: TemporaryStore
let directory: string

beforeEach(async () => {
  left = await temporaryStore()
  directory = mkdtempSync(join(tmpdir(), 'evs-open-'))
})
afterEach(() => {
  left.close()
  rmSync(directory, { recursive: true, force: true })
})

it('does not move the log where a sync that fails would go unseen', async () => {
  await must(left.journal.write({ kind: 'lease', counter: 'rrn', high: 20_000, atMs: NOW }))
  // As a kill leaves it.
  writeMark(directory, { epoch: 1, jseq: 0, hash: '', final: false })
  for (const name of [DATABASE_FILE, `${DATABASE_FILE}-wal`]) {
    copyFileSync(join(left.directory, name), join(directory, name))
  }
  const kekFile = join(directory, 'kek')
  writeFileSync(kekFile, `${KEK_BYTES.toString('hex')}\n`, { mode: 0o600 })
  const changed = () => statSync(join(directory, DATABASE_FILE), { bigint: true }).mtimeNs
  const before = changed()
  const opened = await openStore({
    ...{ directory, kekFile, groupMost: 10, queueMost: 100 },
    onFatal: (why) => {
      throw new Error(why)
    },
  })
  if ('kind' in opened) throw new Error(opened.message)
  const after = changed()
  expect(opened.sales.counter('rrn')).toBe(20_000)
  void opened.journal.write({ kind: 'lease', counter: 'rrn', high: 20_001, atMs: NOW })
  await opened.close()
  expect(after).toBe(before)
  // Signed, too, with the stop at the latest: to the last record that was handed over before it.
  const database = openForReading(join(directory, DATABASE_FILE))
  const head = readHead(database)
  database.close()
  expect(readCheckpoint(directory, opened.ring)).toEqual({ kind: 'signed', ...head })
})

it('lets go of a directory that it does not open', async () => {
  copyFileSync(join(left.directory, DATABASE_FILE), join(directory, DATABASE_FILE))
  const kekFile = join(directory, 'nowhere')
  const options = { directory, kekFile, groupMost: 10, queueMost: 100, onFatal: () => undefined }
  expect(await openStore(options)).toMatchObject({ kind: 'problem', code: 'KEK_MISSING' })
  const lock = lockDataDirectory(directory)
  expect(await openStore(options)).toMatchObject({ kind: 'problem', code: 'DATA_LOCKED' })
  expect(lock).toBeDefined()
  lock?.release()
})

it('lets go of a directory whose database is damaged', async () => {
  writeFileSync(join(directory, DATABASE_FILE), 'no database at all'.repeat(1_000))
  const kekFile = join(directory, 'kek')
  writeFileSync(kekFile, `${KEK_BYTES.toString('hex')}\n`, { mode: 0o600 })
  const options = { directory, kekFile, groupMost: 10, queueMost: 100, onFatal: () => undefined }
  expect(await openStore(options)).toMatchObject({ kind: 'problem', code: 'JOURNAL_BROKEN' })
  const lock = lockDataDirectory(directory)
  expect(lock).toBeDefined()
  lock?.release()
})

it('does not wait for what an import left that was cut off, and tells the epoch of a restore', async () => {
  await importFile(left, genericFile(vouchersFrom(0, 5)))
  left.writer.exec(`update batch set state = 0; update lot set available = 0, imported = 0;
    update meta set value = '4' where name = 'epoch'`)
  writeMark(left.directory, { epoch: 4, jseq: 0, hash: '', final: false })
  const kekFile = join(directory, 'kek')
  writeFileSync(kekFile, `${KEK_BYTES.toString('hex')}\n`, { mode: 0o600 })
  const limits = { kekFile, groupMost: 10, queueMost: 100, onFatal: () => undefined }
  const opened = await openStore({ directory: left.directory, ...limits })
  if ('kind' in opened) throw new Error(opened.message)
  expect(opened.epoch).toBe(4)
  const rows = ['batch', 'lot', 'voucher'].map((table) =>
    opened.database.prepare(`select count(*) from ${table}`).pluck().get(),
  )
  expect(rows).toEqual([1, 1, 5])
  await opened.close()
})

it('keeps its directory until its last record is durable', async () => {
  const kekFile = join(directory, 'kek')
  writeFileSync(kekFile, `${KEK_BYTES.toString('hex')}\n`, { mode: 0o600 })
  writeMark(left.directory, { epoch: 1, jseq: 0, hash: '', final: false })
  const limits = { kekFile, groupMost: 10, queueMost: 100, onFatal: () => undefined }
  const opened = await openStore({ directory: left.directory, ...limits })
  if ('kind' in opened) throw new Error(opened.message)
  const written = opened.journal.write({ kind: 'lease', counter: 'rrn', high: 20_001, atMs: NOW })
  const closing = opened.close()
  expect(lockDataDirectory(left.directory)).toBeUndefined()
  expect((await written).kind).toBe('written')
  expect(lockDataDirectory(left.directory)).toBeUndefined()
  await closing
  const lock = lockDataDirectory(left.directory)
  expect(lock).toBeDefined()
  lock?.release()
})
