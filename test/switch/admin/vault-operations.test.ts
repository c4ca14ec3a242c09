// The rotation of the key-encryption key over a real store, with imports, backups and rotations of
// data keys around it.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as shapes from '../../../admin-api/vault-schemas.ts'
import { backupKey, writeBackup } from '../../../voucher-store/backup/backup-file.ts'
import { restoreBackup } from '../../../voucher-store/backup/restore.ts'
import { ReportThreads } from '../../../voucher-store/reports/report-threads.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import { bytesKek, type Kek } from '../../../voucher-store/vault/kek.ts'
import {
  isSameKek,
  KEK,
  KEK_BYTES,
  keyOfBackup,
  NOW,
  type TemporaryStore,
} from '../../voucher-store/temporary-store.ts'
import {
  actor,
  type Disk,
  digits,
  imported,
  type Process,
  rotated,
  startedOn,
  VOUCHERS,
  vaultStore,
} from './vault-process.ts'

let store: TemporaryStore
let kekFile: string
beforeEach(async () => {
  store = await vaultStore()
  kekFile = store.kekPlace.kekFile
})
afterEach(() => store.close())

const started = (first?: Kek, disk?: Disk) => startedOn(store, first, disk)
const problems = () => verifyJournal(store.database).problems

describe('the rotation of the key-encryption key', () => {
  it('wraps every key anew, and puts the new key in its place', async () => {
    const before = started()
    const known = digits(before)
    const done = await before.operations.rotateKek(actor, {})
    expect(done).toEqual({ keys: 6, source: 'file', file: kekFile })
    expect(shapes.kekRotation.parse(done)).toEqual(done)
    const next = bytesKek(Buffer.from(readFileSync(kekFile, 'utf8').trim(), 'hex'))
    expect(isSameKek(next, before.kek())).toBe(true)
    expect(existsSync(`${kekFile}.new`)).toBe(false)
    expect(() => started(KEK)).toThrow('do not open')
    expect(digits(started(next))).toEqual(known)
    expect(digits(before)).toEqual(known)
    expect(problems()).toEqual([])
  })

  it('takes imports and data rotations that come after it', async () => {
    const running = started()
    await running.operations.rotateKek(actor, {})
    await imported(running)
    await rotated(running)
    expect(digits(started(running.kek()), VOUCHERS + 30)).toHaveLength(VOUCHERS + 30)
  })

  it.each([
    ['that makes its key', 'batch import begun'],
    ['that comes while keys are wrapped', 'vault rotate kek'],
  ])('takes an import %s meanwhile', async (_when, slow) => {
    const running = started(KEK, { slow })
    const importing = slow === 'batch import begun' ? imported(running) : undefined
    if (importing !== undefined) await pause(50)
    await Promise.all([running.operations.rotateKek(actor, {}), importing ?? imported(running)])
    expect(isSameKek(running.kek(), KEK)).toBe(false)
    expect(digits(started(running.kek()), VOUCHERS + 30)).toHaveLength(VOUCHERS + 30)
  })

  it('takes the next key from a file where keys come from a command', async () => {
    const command = { kekCommand: { words: ['cat', kekFile], limitMs: 5_000 } }
    const { operations, kek } = started(KEK, { kekPlace: command })
    const newKekFile = join(store.directory, 'next')
    const given = (key: Buffer, mode = 0o600) => {
      rmSync(newKekFile, { force: true })
      writeFileSync(newKekFile, key.toString('hex'), { mode })
    }
    await expect(operations.rotateKek(actor, {})).rejects.toThrow('a file with the next key')
    given(KEK_BYTES)
    await expect(operations.rotateKek(actor, { newKekFile })).rejects.toThrow('the present key')
    const next = randomBytes(32)
    given(next, 0o644)
    await expect(operations.rotateKek(actor, { newKekFile })).rejects.toThrow('has mode 0644')
    given(next)
    const done = await operations.rotateKek(actor, { newKekFile })
    expect(done).toEqual({ keys: 6, source: 'command', file: null })
    expect((await operations.vaultStatus()).source).toBe('command')
    expect(isSameKek(kek(), bytesKek(next))).toBe(true)
    expect(digits(started(kek()))).toHaveLength(VOUCHERS)
    // Neither file is this command's to change.
    expect(readFileSync(kekFile, 'utf8').trim()).toBe(KEK_BYTES.toString('hex'))
    expect(readFileSync(newKekFile, 'utf8')).toBe(next.toString('hex'))
  })

  it('leaves everything as it was when its record is not written', async () => {
    const full = started(KEK, { writes: 0 })
    await expect(full.operations.rotateKek(actor, {})).rejects.toThrow('takes no writes')
    expect(existsSync(`${kekFile}.new`)).toBe(false)
    expect(full.kek()).toBe(KEK)
    expect(digits(started())).toHaveLength(VOUCHERS)
  })

  it('is refused while the key of an earlier one lies there, or when one is given', async () => {
    const { operations } = started()
    await expect(operations.rotateKek(actor, { newKekFile: kekFile })).rejects.toThrow('none can')
    writeFileSync(`${kekFile}.new`, '')
    await expect(operations.rotateKek(actor, {})).rejects.toThrow('is there')
    expect(readFileSync(`${kekFile}.new`, 'utf8')).toBe('')
  })

  it('makes a backup that was asked for before it say so', async () => {
    const { operations, kek } = started()
    const before = keyOfBackup(store.database)
    await operations.rotateKek(actor, {})
    const target = join(store.directory, 'b.evsbak')
    const order = { file: store.file, target, createdMs: NOW }
    expect(writeBackup(store.database, { ...order, key: before })).toEqual({ otherKek: true })
    expect(existsSync(target)).toBe(false)
    expect(backupKey(KEK, store.database)).toBeUndefined()
    const key = keyOfBackup(store.database, kek())
    expect(writeBackup(store.database, { ...order, key })).toMatchObject({ file: target })
  })

  it.each([2, 3])('that comes %i times amid a backup has it tried three times', async (times) => {
    const { operations, kek } = started()
    let left = times
    const { run } = ReportThreads.prototype
    const spy = vi.spyOn(ReportThreads.prototype, 'run').mockImplementation(async function (
      this: ReportThreads,
      ...given
    ) {
      if (left-- === 0) return run.apply(this, given)
      await operations.rotateKek(actor, {})
      return { kind: 'done', value: { otherKek: true } } as never
    })
    const backup = join(store.directory, 'amid.evsbak')
    const made: unknown = await operations
      .backup(actor, backup)
      .catch((error: unknown) => error)
      .finally(() => spy.mockRestore())
    expect(made).toMatchObject(times < 3 ? { file: backup } : { code: 'KEK_WRONG' })
    if (times === 3) return
    const order = { directory: join(store.directory, 'to'), backup, by: 'test', atMs: NOW }
    expect(await restoreBackup({ ...order, kek: kek() })).toMatchObject({ kind: 'restored' })
  })

  it('lets old backups be restored with the old key, and new ones with the new', async () => {
    const old = join(store.directory, 'old.evsbak')
    const { operations, kek } = started()
    await operations.backup(actor, old)
    await operations.rotateKek(actor, {})
    await rotated({ operations } as Process)
    const young = join(store.directory, 'young.evsbak')
    await operations.backup(actor, young)
    for (const [backup, right, wrong] of [
      [old, KEK, kek()],
      [young, kek(), KEK],
    ] as const) {
      const directory = join(store.directory, `to-${right === KEK ? 'old' : 'young'}`)
      const order = { directory, backup, by: 'test', atMs: NOW }
      expect(await restoreBackup({ ...order, kek: wrong })).toMatchObject({ code: 'KEK_WRONG' })
      expect(await restoreBackup({ ...order, kek: right })).toMatchObject({ kind: 'restored' })
    }
  })
})

it('one rotation at a time', async () => {
  const { operations } = started()
  const events = operations.rotateData(actor, {})[Symbol.asyncIterator]()
  const first = events.next()
  await expect(operations.rotateKek(actor, {})).rejects.toThrow('another rotation')
  await expect(rotated({ operations } as Process)).rejects.toThrow('another rotation')
  await first
})

it('a rotation that has ended, or whose reader went away, stands in the way of no other', async () => {
  const running = started()
  await rotated(running)
  const events = running.operations.rotateData(actor, {})[Symbol.asyncIterator]()
  await events.next()
  await events.return?.()
  expect(await running.operations.rotateKek(actor, {})).toMatchObject({ source: 'file' })
  expect(await rotated(running)).toMatchObject({ left: 0 })
  expect(problems()).toEqual([])
})
