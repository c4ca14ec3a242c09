// What a start looks at before it sells. The process that wrote is as good as killed: its files are
// copied while it is open, with everything that it told in the log only.

import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type CheckedData, checkData, damaged } from '../../voucher-store/checked-data.ts'
import { readMark } from '../../voucher-store/outside-mark.ts'
import { CheckpointSigner } from '../../voucher-store/signed-checkpoint.ts'
import { Sqlite } from '../../voucher-store/sqlite.ts'
import { readHead } from '../../voucher-store/writer/chain.ts'
import { JournalClient } from '../../voucher-store/writer/journal-client.ts'
import {
  intentOf,
  KEK_BYTES,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
} from './temporary-store.ts'

const FILES = ['evs.db', 'evs.db-wal', 'mark.json']

let store: TemporaryStore
let journal: JournalClient
let copy: string
let kekFile: string

beforeEach(async () => {
  store = await stockedStore(0, 10)
  store.writer.close()
  const limits = { groupMost: 100, queueMost: 100 }
  const ports = { onFatal: () => undefined, onCommitted: () => undefined }
  ;({ journal } = await JournalClient.open({ file: store.file, ...limits, ...ports }))
  copy = mkdtempSync(join(tmpdir(), 'evs-checked-'))
  kekFile = join(copy, 'kek')
  writeFileSync(kekFile, `${KEK_BYTES.toString('hex')}\n`, { mode: 0o600 })
})

afterEach(async () => {
  await journal.close()
  store.database.close()
  rmSync(store.directory, { recursive: true, force: true })
  rmSync(copy, { recursive: true, force: true })
})

async function sell(id: number): Promise<void> {
  await must(journal.write(intentOf({ id, voucherIds: [id] })))
  const outcome = { kind: 'sold' as const, authCode: '004711', hostDate: undefined }
  await must(journal.write({ kind: 'outcome', id, outcome, atMs: NOW }))
}

function killed(): void {
  for (const name of FILES) copyFileSync(join(store.directory, name), join(copy, name))
}

/** What a start says of the copy. */
async function told(): Promise<string> {
  const data: CheckedData | ReturnType<typeof damaged> = await checkData({
    directory: copy,
    kekFile,
  }).catch((error: unknown) => damaged(error, copy))
  if ('kind' in data) return `${data.code}: ${data.message}`
  data.database.close()
  return 'sound'
}

it('of a killed process everything that it told is there', async () => {
  await sell(1)
  killed()
  expect(await told()).toBe('sound')
})

it('the last sold sale is not lost in silence with the end of the log', async () => {
  await sell(1)
  await sell(2)
  killed()
  const log = join(copy, 'evs.db-wal')
  const { size } = statSync(log)
  truncateSync(log, size - 1)
  expect(await told()).toContain('JOURNAL_BROKEN: the database ends at record')
  // What is left of it is an expert's last hope.
  expect(statSync(log).size).toBe(size - 1)
})

it('a sale that was committed while nobody was told yet may be lost, and only it', async () => {
  await sell(1)
  killed()
  const before = readMark(copy)
  await sell(2)
  for (const name of FILES.slice(0, 2)) copyFileSync(join(store.directory, name), join(copy, name))
  expect(readMark(copy)).toEqual(before)
  expect(await told()).toBe('sound')
})

it('a database without its mark may be an old copy, and one with it and without a log is', async () => {
  await sell(1)
  killed()
  rmSync(join(copy, 'evs.db-wal'))
  expect(await told()).toContain('an old copy')
  killed()
  rmSync(join(copy, 'mark.json'))
  expect(await told()).toContain('mark.json is missing')
  // What docs/operating.md lets an administrator do who knows that it is the newest one.
  writeFileSync(join(copy, 'mark.json'), '{"epoch":1,"jseq":0,"hash":""}')
  expect(await told()).toBe('sound')
})

it('what was signed with the keys of the store must be in it, and its absence is told', async () => {
  await sell(1)
  killed()
  const notices = async () => {
    const data = await checkData({ directory: copy, kekFile })
    if ('kind' in data) return data.message
    data.database.close()
    return data.notices.join()
  }
  expect(await notices()).toContain('there is no checkpoint.json')
  const signer = new CheckpointSigner(copy, store.ring, { jseq: 1, hash: Buffer.alloc(32) })
  signer.close()
  expect(await told()).toContain('JOURNAL_BROKEN: record 1 is not the one that was signed')
  rmSync(join(copy, 'checkpoint.json'))
  new CheckpointSigner(copy, store.ring, readHead(store.database)).close()
  expect(await notices()).toBe('')
})

it.each([
  ['drop index voucher_fingerprint_unique', 'index voucher_fingerprint_unique is missing'],
  ['drop table claim', 'table claim is missing'],
  ['alter table journal rename to elsewhere', 'has no journal, and its mark names one'],
  ['alter table journal rename column body to text', 'no such column: body'],
])('%s is damage', async (sql, why) => {
  await sell(1)
  killed()
  const database = new Sqlite(join(copy, 'evs.db'))
  database.exec(sql)
  database.close()
  expect(await told()).toMatch(new RegExp(`^JOURNAL_BROKEN: .*${why}`))
})

it('an error that tells of no damage is thrown on', () => {
  const full = Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' })
  expect(() => damaged(full, copy)).toThrow('disk full')
})

it.each([
  ['a backup', 'evs.db.backup-copy'],
  ['a check of the journal', 'evs.db.rebuilt'],
])('removes what %s that was cut off left', async (_, name) => {
  killed()
  const left = join(copy, name)
  writeFileSync(left, 'half')
  const checked = await checkData({ directory: copy, kekFile })
  if ('kind' in checked) throw new Error(checked.message)
  expect(existsSync(left)).toBe(false)
  checked.database.close()
})
