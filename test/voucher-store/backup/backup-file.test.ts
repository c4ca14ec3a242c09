// The file of a backup: there as a whole or not at all, and told with its own size.

import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { writeBackup } from '../../../voucher-store/backup/backup-file.ts'
import { keyOfBackup, NOW, stockedStore, type TemporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
let target: string
beforeEach(async () => {
  store = await stockedStore(0, 5)
  target = join(store.directory, 'copy.evsb')
})
afterEach(() => store.close())

const made = (clear?: Uint8Array) => {
  const key = keyOfBackup(store.database)
  const sealedWith = clear === undefined ? key : { ...key, clear }
  const order = { file: store.file, target, createdMs: NOW }
  return writeBackup(store.database, { ...order, key: sealedWith })
}

it('has the size that is told', () => {
  expect(made()).toMatchObject({ bytes: statSync(target).size })
})

it('is copied into a file that nobody else may ever read', () => {
  const prepare = store.database.prepare.bind(store.database)
  const modes: unknown[] = []
  const spy = vi.spyOn(store.database, 'prepare').mockImplementation((sql) => {
    if (sql.startsWith('vacuum')) modes.push(statSync(`${store.file}.backup-copy`).mode & 0o777)
    return prepare(sql)
  })
  made()
  spy.mockRestore()
  expect(modes).toEqual([0o600])
})

it('has its name only when it is whole, and can be made again after a failure', () => {
  expect(() => made(Buffer.alloc(5))).toThrow()
  expect(existsSync(target)).toBe(false)
  const left = readdirSync(store.directory).filter((name) => /\.(backup-copy|part)$/.test(name))
  expect(left).toEqual([])
  expect(made()).toMatchObject({ file: target })
})

it('writes into nothing that stands where it is being made', () => {
  const other = join(store.directory, 'other')
  writeFileSync(other, 'kept')
  symlinkSync(other, `${target}.part`)
  expect(made()).toMatchObject({ file: target })
  expect(readFileSync(other, 'utf8')).toBe('kept')
  expect(lstatSync(target).isFile()).toBe(true)
  rmSync(target)
  writeFileSync(`${target}.part`, 'of an earlier one', { mode: 0o644 })
  expect(made()).toMatchObject({ bytes: statSync(target).size })
  expect(statSync(target).mode & 0o777).toBe(0o600)
})
