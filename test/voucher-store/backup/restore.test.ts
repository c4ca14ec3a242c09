// Backup, restore and the fence: what may have been sold since the copy was made is never sold
// again before somebody answers for it.

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findBatch } from '../../../voucher-store/admin/batches.ts'
import { writeBackup } from '../../../voucher-store/backup/backup-file.ts'
import {
  acceptFence,
  fenceReturned,
  readFence,
  readGaps,
  returnFenced,
} from '../../../voucher-store/backup/fence.ts'
import { restoreBackup } from '../../../voucher-store/backup/restore.ts'
import { openForReading, openForWriting } from '../../../voucher-store/open-database.ts'
import { checkTail, readMark, writeMark } from '../../../voucher-store/outside-mark.ts'
import { lockDataDirectory } from '../../../voucher-store/owner-lock.ts'
import { audit } from '../../../voucher-store/reports/audit.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import { CheckpointSigner, readCheckpoint } from '../../../voucher-store/signed-checkpoint.ts'
import type { StoreRecord } from '../../../voucher-store/store-record.ts'
import { bytesKek } from '../../../voucher-store/vault/kek.ts'
import { readHead } from '../../../voucher-store/writer/chain.ts'
import { GroupCommit } from '../../../voucher-store/writer/group-commit.ts'
import {
  addSale,
  addTerminal,
  genericFile,
  importFile,
  KEK,
  keyOfBackup,
  NOW,
  type TemporaryStore,
  temporaryStore,
  vouchersFrom,
} from '../temporary-store.ts'

let store: TemporaryStore
let backup: string
beforeEach(async () => {
  store = await temporaryStore()
  backup = join(store.directory, 'copy.evsb')
  await addTerminal(store)
  await importFile(store, genericFile(vouchersFrom(0, 100)))
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await addSale(store, { id: 2, voucherIds: [2, 3] }, 'intent')
})
afterEach(() => store.close())

const order = { file: '', target: '', createdMs: NOW }
const make = (target = backup, createdMs = NOW) =>
  writeBackup(store.database, {
    key: keyOfBackup(store.database),
    ...{ ...order, createdMs },
    file: store.file,
    target,
  })
const restore = () =>
  restoreBackup({ directory: store.directory, backup, kek: KEK, by: 'admin', atMs: NOW + 60_000 })

describe('a backup', () => {
  it('is one sealed file that names the record it ends with', () => {
    const head = readHead(store.database)
    expect(make()).toMatchObject({ file: backup, jseq: head.jseq, epoch: 1 })
    expect(statSync(backup).mode & 0o777).toBe(0o600)
    const bytes = readFileSync(backup)
    for (const word of ['SQLite format', '93200000000', '000000000012345']) {
      expect(bytes.indexOf(word)).toBe(-1)
    }
    expect(existsSync(`${store.file}.backup-copy`)).toBe(false)
    expect(make()).toEqual({ exists: true })
  })

  it('that was cut or changed anywhere, or has another key, is not restored', async () => {
    make()
    const good = readFileSync(backup)
    const flipped = Buffer.from(good)
    flipped[good.length - 100] = (flipped[good.length - 100] ?? 0) ^ 1
    const header = Buffer.from(good)
    header.write('"epoch":9', header.indexOf('"epoch":1'))
    for (const bad of [good.subarray(0, good.length - 1), flipped, header, good.subarray(0, 50)]) {
      writeFileSync(backup, bad)
      expect(await restore()).toMatchObject({ kind: 'problem', code: 'BACKUP_INVALID' })
    }
    writeFileSync(backup, good)
    const other = { directory: store.directory, backup, by: 'x', atMs: NOW }
    const wrong = await restoreBackup({ ...other, kek: bytesKek(Buffer.alloc(32, 8)) })
    expect(wrong).toMatchObject({ kind: 'problem', code: 'KEK_WRONG' })
    expect(openForReading(store.file).prepare('select count(*) from sale').pluck().get()).toBe(2)
  })
})

describe('a restore', () => {
  it('is refused while another process owns the directory', async () => {
    make()
    const lock = lockDataDirectory(store.directory)
    expect(await restore()).toMatchObject({ kind: 'problem', code: 'DATA_LOCKED' })
    lock?.release()
  })

  it('is not begun where its copy has no room, and what is there stays', async () => {
    make()
    const order = { directory: store.directory, backup, kek: KEK, by: 'admin', atMs: NOW }
    const before = readHead(store.database)
    expect(await restoreBackup({ ...order, freeOf: () => 10_000 })).toMatchObject({
      ...{ kind: 'problem', code: 'NOT_READY' },
      message: expect.stringMatching(/room for 10000 bytes; \d+ are needed$/),
    })
    expect(readHead(openForReading(store.file))).toEqual(before)
    expect(existsSync(`${store.file}.restoring`)).toBe(false)
  })

  it('fences the whole stock when anything may have been sold since', async () => {
    make()
    await addSale(store, { id: 3, voucherIds: [4] }, 'sold')
    new CheckpointSigner(store.directory, store.ring, readHead(store.database)).close()
    const result = await restore()
    expect(result).toMatchObject({
      kind: 'restored',
      epoch: 2,
      gap: { fromMs: NOW, toMs: NOW + 60_000 },
      vouchersFenced: 97,
    })
    // It was signed for the database that is aside now.
    expect(readCheckpoint(store.directory, store.ring)).toEqual({ kind: 'missing' })
    const database = openForReading(store.file)
    expect(findBatch(database, 1)?.counts).toMatchObject({
      available: 0,
      reserved: 2,
      fenced: 97,
      sold: 1,
    })
    expect(audit(database).ok).toBe(true)
    expect(verifyJournal(database).problems).toEqual([])
    expect(readFence(database)).toEqual({ fromMs: NOW, toMs: NOW + 60_000, acceptedBy: null })
    const counters = database.prepare('select name, high from counter order by name').all()
    expect(counters).toEqual([
      { name: 'rrn', high: NOW + 60_000 + 1_000_000 },
      { name: 'stan bank', high: 270_000 },
    ])
    expect(checkTail(database, readMark(store.directory))).toBeUndefined()
    expect(readMark(store.directory)).toMatchObject({ epoch: 2 })
    database.close()
  })

  /** Where RRNs go on when nobody knows of the life before, nor of an earlier restore. */
  async function rrnsRestored(atMs: number, from = backup): Promise<number> {
    for (const end of ['', '-wal', '-shm']) rmSync(store.file + end, { force: true })
    rmSync(join(store.directory, 'mark.json'), { force: true })
    await restoreBackup({ directory: store.directory, backup: from, kek: KEK, by: 'admin', atMs })
    return rrnHigh()
  }

  function rrnHigh(): number {
    const database = openForReading(store.file)
    const high = database.prepare("select high from counter where name = 'rrn'").pluck().get()
    database.close()
    return high as number
  }

  function setRrnHigh(high: number): void {
    const writer = openForWriting(store.file)
    writer.prepare("update counter set high = ? where name = 'rrn'").run(high)
    writer.close()
  }

  it('begins RRNs after those of every life before it, whichever copies they began with', async () => {
    const [older, newer] = [backup, join(store.directory, 'newer.evsbackup')]
    make(older)
    setRrnHigh(NOW + 100_000)
    make(newer, NOW + 100_000)
    // As long after its copy as the life before began after its own.
    const first = await rrnsRestored(NOW + 300_000, older)
    const second = await rrnsRestored(NOW + 400_000, newer)
    expect([first, second]).toEqual([NOW + 1_300_000, NOW + 1_400_000])
    expect(await rrnsRestored(NOW + 400_001, older)).toBe(NOW + 1_400_001)
  })

  it('goes on far beyond numbers that were ahead of the clock', async () => {
    setRrnHigh(NOW + 5_000_000)
    make()
    expect(await rrnsRestored(NOW + 10_000)).toBe(NOW + 6_010_000)
    // The clock was set back, and nobody knows how far ahead it was.
    expect(await rrnsRestored(NOW - 10_000)).toBe(NOW + 45_010_000)
  })

  it('begins with numbers far ahead also when the copy is of before the first of them', async () => {
    const writer = openForWriting(store.file)
    writer.prepare("delete from counter where name = 'rrn'").run()
    writer.close()
    make()
    await restore()
    expect(rrnHigh()).toBe(NOW + 60_000 + 1_000_000)
  })

  it('has a gap also when the clock was set back since the backup', async () => {
    make()
    await addSale(store, { id: 3, voucherIds: [4] }, 'sold')
    const order = { directory: store.directory, backup, kek: KEK, by: 'admin' }
    const result = await restoreBackup({ ...order, atMs: NOW - 60_000 })
    expect(result).toMatchObject({ gap: { fromMs: NOW - 60_000, toMs: NOW } })
  })

  it('takes what a reserving sale gives back out of stock, and sells again after the acceptance', async () => {
    make()
    await addSale(store, { id: 3, voucherIds: [4] }, 'sold')
    await restore()
    const restored = reopened()
    const reversal = { stan: '900001', transmission: '0701090000' }
    const outcome = { kind: 'reversing', responseCode: '96', reversal, approval: undefined }
    await restored.journal.write({ kind: 'outcome', id: 2, outcome, atMs: NOW } as StoreRecord)
    expect(findBatch(restored.database, 1)?.counts).toMatchObject({ available: 2, fenced: 97 })
    expect(await fenceReturned(restored, NOW)).toBe(2)
    expect(await fenceReturned(restored, NOW)).toBe(0)
    const held = { available: 0, quarantined: 2, fenced: 97 }
    expect(findBatch(restored.database, 1)?.counts).toMatchObject(held)
    expect(await acceptFence(restored, { by: 'admin', atMs: NOW })).toMatchObject({
      kind: 'written',
    })
    expect(readFence(restored.database)).toBeUndefined()
    expect(readGaps(restored.database)).toMatchObject([{ fromMs: NOW, acceptedBy: 'admin' }])
    const alone = { by: 'admin', consentBy: 'admin', atMs: NOW }
    expect(await returnFenced(restored, 1, alone)).toMatchObject({
      ...{ returned: 0, problem: { kind: 'changed' } },
    })
    await returnFenced(restored, 1, { ...alone, consentBy: 'second' })
    const back = { available: 97, quarantined: 2, fenced: 0 }
    expect(findBatch(restored.database, 1)?.counts).toMatchObject(back)
    expect(audit(restored.database).ok).toBe(true)
    restored.close()
  })

  it('keeps who accepted the gap before when the next one is accepted', async () => {
    for (const by of ['first', 'second']) {
      const { jseq } = readHead(openForReading(store.file))
      const key = keyOfBackup(openForReading(store.file))
      const target = join(store.directory, `${by}.evsb`)
      const source = openForReading(store.file)
      writeBackup(source, { ...order, key, file: store.file, target })
      source.close()
      writeMark(store.directory, { epoch: 9, jseq: jseq + 5, hash: 'ab', final: false })
      backup = target
      await restore()
      const restored = reopened()
      await acceptFence(restored, { by, atMs: NOW })
      restored.close()
    }
    const database = openForReading(store.file)
    expect(readGaps(database).map((gap) => gap.acceptedBy)).toEqual(['first', 'second'])
    database.close()
  })

  it('fences nothing when the old database ends with the record of the backup', async () => {
    make()
    const { jseq, hash } = readHead(store.database)
    const mark = { epoch: 1, jseq: jseq - 1, hash: hash.toString('hex'), final: false }
    writeMark(store.directory, mark)
    expect(await restore()).toMatchObject({ epoch: 2, gap: undefined, vouchersFenced: 0 })
    const database = openForReading(store.file)
    expect(readFence(database)).toBeUndefined()
    expect(findBatch(database, 1)?.counts).toMatchObject({ available: 97 })
    database.close()
  })

  it('believes a mark alone only when an orderly stop wrote it', async () => {
    make()
    const { jseq, hash } = readHead(store.database)
    const mark = { epoch: 1, jseq, hash: hash.toString('hex') }
    for (const end of ['', '-wal', '-shm']) rmSync(store.file + end, { force: true })
    writeMark(store.directory, { ...mark, final: false })
    expect(await restore()).toMatchObject({ gap: { fromMs: NOW }, vouchersFenced: 97 })
    for (const end of ['', '-wal', '-shm']) rmSync(store.file + end, { force: true })
    writeFileSync(join(store.directory, 'mark.json'), JSON.stringify({ ...mark, final: true }))
    expect(await restore()).toMatchObject({ gap: undefined, vouchersFenced: 0 })
  })

  it('does not take a database that went another way for the one of the backup', async () => {
    make()
    const other = await temporaryStore()
    await addTerminal(other)
    await importFile(other, genericFile(vouchersFrom(0, 100)))
    await addSale(other, { id: 1, voucherIds: [1] }, 'sold')
    await addSale(other, { id: 2, voucherIds: [4, 5] }, 'intent')
    const { jseq, hash } = readHead(other.database)
    expect(jseq).toBe(readHead(store.database).jseq)
    const mark = { epoch: 1, jseq, hash: hash.toString('hex'), final: true }
    writeMark(other.directory, mark)
    const order = { backup, kek: KEK, by: 'admin', atMs: NOW + 60_000 }
    const result = await restoreBackup({ directory: other.directory, ...order })
    expect(result).toMatchObject({ gap: { fromMs: NOW }, vouchersFenced: 97 })
    other.close()
  })

  it('keeps the database that was there, and the journal says who did it and with which copy', async () => {
    make()
    await addSale(store, { id: 3, voucherIds: [4] }, 'sold')
    const { jseq } = readHead(store.database)
    const result = await restore()
    const aside = result.kind === 'restored' ? (result.oldDatabase ?? '') : ''
    expect(aside).not.toBe(store.file)
    const old = openForReading(aside)
    expect(readHead(old).jseq).toBe(jseq)
    old.close()
    const database = openForReading(store.file)
    const newest = database.prepare('select body from journal order by jseq desc limit 1')
    expect(JSON.parse(newest.pluck().get() as string)).toMatchObject({
      ...{ action: 'restore', by: 'admin', epoch: 2, backupMs: NOW },
      gap: { fromMs: NOW, toMs: NOW + 60_000 },
    })
    database.close()
  })

  it('moves the numbers of every link to a card host ahead', async () => {
    store.writer.exec("insert into counter (name, high) values ('stan other', 5)")
    make()
    await restore()
    const database = openForReading(store.file)
    const high = database.prepare("select high from counter where name = 'stan other'").pluck()
    expect(high.get()).toBe(260_005)
    database.close()
  })

  it.each([
    ['whose journal was changed', "update journal set body = 'x' where jseq = 2", 'BACKUP_INVALID'],
    [
      'of a later version',
      "insert into knex_migrations (name, batch, migration_time) values ('999-later', 9, 0)",
      'SCHEMA_TOO_NEW',
    ],
  ])('refuses a copy %s, and leaves what is there', async (_what, sql, code) => {
    store.writer.exec(sql)
    make()
    expect(await restore()).toMatchObject({ kind: 'problem', code })
    const names = readdirSync(store.directory)
    expect(names.some((name) => /restor/.test(name))).toBe(false)
    expect(readHead(store.database).jseq).toBeGreaterThan(0)
  })

  it('makes a data directory that is missing, for its owner alone', async () => {
    make()
    const directory = join(store.directory, 'new')
    const order = { backup, kek: KEK, by: 'admin', atMs: NOW + 60_000 }
    expect(await restoreBackup({ ...order, directory })).toMatchObject({ oldDatabase: undefined })
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(join(directory, 'evs.db')).mode & 0o777).toBe(0o600)
  })

  it('has an epoch of its own, however often the same copy is restored', async () => {
    make()
    const epochs: unknown[] = []
    for (let times = 0; times < 3; times++) {
      const result = await restore()
      epochs.push(result.kind === 'restored' ? result.epoch : result.code)
    }
    expect(epochs).toEqual([2, 3, 4])
  })

  it('does not believe an old copy in place of the database whose mark is gone', async () => {
    make()
    expect(await restore()).toMatchObject({ gap: { fromMs: NOW }, vouchersFenced: 97 })
  })

  it('does not believe an old copy in place of the database when the mark is ahead', async () => {
    make()
    const { jseq } = readHead(store.database)
    writeMark(store.directory, { epoch: 1, jseq: jseq + 5, hash: 'ab', final: false })
    expect(await restore()).toMatchObject({ gap: { fromMs: NOW }, vouchersFenced: 97 })
  })
})

function reopened() {
  const writer = openForWriting(store.file)
  const database = openForReading(store.file)
  const groups = new GroupCommit(writer)
  const journal = {
    write: async (record: StoreRecord) => {
      const result = groups.write([record])
      if (result.kind === 'fatal') throw new Error(result.why)
      const [first] = result.results
      if (first?.kind !== 'written') throw new Error(first?.detail)
      return first
    },
  }
  const close = () => {
    database.close()
    writer.close()
  }
  return { journal, database, close }
}
