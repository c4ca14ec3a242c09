// Opening the store: the log that an earlier process left is read, and moved by the writer alone.

import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DATABASE_FILE } from '../../voucher-store/checked-data.ts'
import { writeMark } from '../../voucher-store/outside-mark.ts'
import { lockDataDirectory } from '../../voucher-store/owner-lock.ts'
import { readCheckpoint } from '../../voucher-store/signed-checkpoint.ts'
import { openStore } from '../../voucher-store/store.ts'
import { readHead } from '../../voucher-store/writer/chain.ts'
import { KEK_BYTES, must, NOW, type TemporaryStore, temporaryStore } from './temporary-store.ts'

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
  const head = readHead(opened.database)
  await opened.close()
  expect(after).toBe(before)
  // Signed, too, with the stop at the latest.
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
