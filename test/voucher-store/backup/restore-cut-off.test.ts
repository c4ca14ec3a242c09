// A restore that is cut off on its way: what stands there then is what stood there before, or is
// not sold from, and the next restore knows no less of what may have been sold.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { writeBackup } from '../../../voucher-store/backup/backup-file.ts'
import { readFence } from '../../../voucher-store/backup/fence.ts'
import { restoreBackup } from '../../../voucher-store/backup/restore.ts'
import { DATABASE_FILE } from '../../../voucher-store/checked-data.ts'
import { openForReading } from '../../../voucher-store/open-database.ts'
import { checkTail, readMark, writeMark } from '../../../voucher-store/outside-mark.ts'
import {
  CHECKPOINT_FILE,
  CheckpointSigner,
  checkSinceSigned,
  readCheckpoint,
} from '../../../voucher-store/signed-checkpoint.ts'
import { type ChainHead, readHead } from '../../../voucher-store/writer/chain.ts'
import {
  addSale,
  KEK,
  keyOfBackup,
  NOW,
  stockedStore,
  type TemporaryStore,
} from '../temporary-store.ts'

const atMs = NOW + 60_000
/** Of the restore that is run again. */
const laterMs = atMs + 1_000

let store: TemporaryStore
let directory: string
let file: string
let backup: string
/** The record that the copy ends with. */
let copied: ChainHead

beforeEach(async () => {
  store = await stockedStore(0, 10)
  directory = mkdtempSync(join(tmpdir(), 'evs-cut-off-'))
  file = join(directory, DATABASE_FILE)
  backup = join(directory, 'copy.evsb')
  copied = readHead(store.database)
  const key = keyOfBackup(store.database)
  writeBackup(store.database, { file: store.file, target: backup, key, createdMs: NOW })
  store.writer.pragma('wal_checkpoint(TRUNCATE)')
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  // As a kill leaves it: what was sold since is in the log alone.
  for (const end of ['', '-wal']) copyFileSync(store.file + end, file + end)
})
afterEach(() => {
  store.close()
  rmSync(directory, { recursive: true, force: true })
})

const restore = (at = atMs) => restoreBackup({ directory, backup, kek: KEK, by: 'admin', atMs: at })

function marked({ jseq, hash }: ChainHead): void {
  writeMark(directory, { epoch: 1, jseq, hash: Buffer.from(hash).toString('hex'), final: false })
}

const headNow = () => headOf(file)

function headOf(path: string): ChainHead {
  const database = openForReading(path)
  try {
    return readHead(database)
  } finally {
    database.close()
  }
}

/** Why a start refuses it, and whether it is fenced. */
function found() {
  const database = openForReading(file)
  try {
    const isFenced = readFence(database) !== undefined
    const signed = readCheckpoint(directory, store.ring)
    const tail = checkTail(database, readMark(directory))
    return { refused: tail ?? checkSinceSigned(database, signed), isFenced }
  } finally {
    database.close()
  }
}

it('leaves what was there where the place that was signed cannot be taken away', async () => {
  marked(readHead(store.database))
  mkdirSync(join(directory, CHECKPOINT_FILE))
  await expect(restore()).rejects.toThrow()
  expect(headNow()).toEqual(readHead(store.database))
  expect(found()).toEqual({ refused: undefined, isFenced: false })
})

it('is not sold from without its mark, and the next restore mends it', async () => {
  marked(readHead(store.database))
  new CheckpointSigner(directory, store.ring, readHead(store.database)).close()
  const obstacle = join(directory, 'mark.json.new')
  mkdirSync(obstacle)
  await expect(restore()).rejects.toThrow()
  expect(found().refused).toContain('an old copy')
  rmdirSync(obstacle)
  expect(await restore()).toMatchObject({ kind: 'restored', gap: { fromMs: NOW, toMs: atMs } })
  expect(found()).toEqual({ refused: undefined, isFenced: true })
})

it.each(['', '-wal'])(
  'does not let the old database pass for all of it, cut off where "evs.db%s" goes aside',
  async (end) => {
    // After a power cut the mark may be as old as the copy.
    marked(copied)
    const aside = `${file}.before-restore-${atMs}`
    mkdirSync(aside + end)
    await expect(restore()).rejects.toThrow()
    const sold = readHead(store.database)
    expect(existsSync(file) ? headNow() : 'no database').toEqual(end === '' ? sold : 'no database')
    rmdirSync(aside + end)
    const oldDatabase = end === '' ? `${file}.before-restore-${laterMs}` : aside
    const gap = { fromMs: NOW, toMs: laterMs }
    expect(await restore(laterMs)).toMatchObject({ kind: 'restored', gap, oldDatabase })
    expect(found()).toEqual({ refused: undefined, isFenced: true })
    expect(headOf(oldDatabase)).toEqual(sold)
  },
)

it('joins a log with no database but the one that went aside without it', async () => {
  marked(readHead(store.database))
  const [older, left, whole] = [10, 9, 11].map((at) => `${file}.before-restore-${at}`)
  renameSync(file, `${older}`)
  writeFileSync(`${left}`, '')
  for (const end of ['', '-wal']) writeFileSync(whole + end, '')
  expect(await restore()).toMatchObject({ kind: 'restored', oldDatabase: older })
  expect(headOf(`${older}`)).toEqual(readHead(store.database))
})

it('keeps a log whose database is nowhere', async () => {
  rmSync(file)
  expect(await restore()).toMatchObject({ kind: 'restored', oldDatabase: undefined })
  expect(existsSync(`${file}.before-restore-${atMs}-wal`)).toBe(true)
})
