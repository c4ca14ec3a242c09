// The rotation of the key-encryption key, where something else writes keys at the same moment. The
// operation around it, with imports and backups, is tested in switch/admin.

import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sql, statement } from '../../../voucher-store/admin/statements.ts'
import { bytesKek, type Kek, type KekToken } from '../../../voucher-store/vault/kek.ts'
import { readKekFile } from '../../../voucher-store/vault/kek-file.ts'
import { wrappedKeys } from '../../../voucher-store/vault/key-rows.ts'
import { rotateKek } from '../../../voucher-store/vault/rotate-kek.ts'
import { KeyRing, wrapNewKey } from '../../../voucher-store/vault/vault.ts'
import { KEK, KEK_BYTES, NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
  writeFileSync(store.kekPlace.kekFile, KEK_BYTES.toString('hex'), { mode: 0o600 })
})
afterEach(() => store.close())

it('leaves no key under the old one that was written while it wrapped the others', async () => {
  const known = wrappedKeys(store.database).length
  let late = true
  const write: TemporaryStore['journal']['write'] = async (record) => {
    if (late) {
      late = false
      const key = { ...wrapNewKey(KEK, known + 1, 'pin'), created_ms: NOW }
      const statements = [statement(sql('vault_key').insert(key), 1)]
      const detail = { key: key.id }
      const by = { by: 'test', atMs: NOW }
      await store.journal.write({
        kind: 'admin',
        action: 'vault key add',
        detail,
        statements,
        ...by,
      })
    }
    return store.journal.write(record)
  }
  let next: Kek = KEK
  const replaceKek = (kek: Kek) => {
    next = kek
  }
  const ports = { ...store, journal: { write }, kek: KEK, replaceKek }
  const rotated = await rotateKek(ports, undefined, { by: 'test', atMs: NOW })
  expect(rotated).toMatchObject({ kind: 'rotated', keys: known + 1 })
  const rows = wrappedKeys(store.database)
  expect(rows).toHaveLength(known + 1)
  expect(KeyRing.open(next, rows)).toBeDefined()
})

it.each(['full', 'guard'] as const)(
  'whose record is refused (%s) leaves no next key',
  async (reason) => {
    const write: TemporaryStore['journal']['write'] = async () => {
      return { kind: 'rolled-back', reason, detail: 'not now' }
    }
    const ports = { ...store, journal: { write }, kek: KEK }
    const rotated = await rotateKek(ports, undefined, { by: 'test', atMs: NOW })
    expect(rotated.kind).toBe('not-written')
    expect(existsSync(`${store.kekPlace.kekFile}.new`)).toBe(false)
    expect(KeyRing.open(KEK, wrappedKeys(store.database))).toBeDefined()
  },
)

/** A folder stands where the key belongs: nothing is renamed there. */
function unrenamable() {
  const { kekFile } = store.kekPlace
  rmSync(kekFile)
  mkdirSync(kekFile)
  const replaceKek = (kek: Kek) => {
    ports.kek = kek
  }
  const ports = { ...store, kek: KEK, replaceKek }
  return { kekFile, ports, rotate: () => rotateKek(ports, undefined, { by: 'test', atMs: NOW }) }
}

it('that cannot put its key in place keeps it: nothing else opens the store any more', async () => {
  const { kekFile, ports, rotate } = unrenamable()
  const rotated = await rotate()
  const file = `${kekFile}.new`
  expect(rotated).toMatchObject({ kind: 'not-renamed', file, why: expect.any(String) })
  const read = readKekFile(file)
  if (read.kind === 'problem') throw new Error(read.message)
  const rows = wrappedKeys(store.database)
  for (const kek of [read.kek, ports.kek]) expect(KeyRing.open(kek, rows)).toBeDefined()
  expect(KeyRing.open(KEK, rows)).toBeUndefined()
})

it('asked again after that, never calls the only key there is a leftover', async () => {
  const { kekFile, rotate } = unrenamable()
  for (const _ of [1, 2]) expect((await rotate()).kind).toBe('not-renamed')
  rmdirSync(kekFile)
  const keys = wrappedKeys(store.database).length
  expect(await rotate()).toEqual({ kind: 'rotated', keys, kekFile })
  const read = readKekFile(kekFile)
  if (read.kind === 'problem') throw new Error(read.message)
  expect(KeyRing.open(read.kek, wrappedKeys(store.database))).toBeDefined()
  expect(existsSync(`${kekFile}.new`)).toBe(false)
})

it.each([
  ['another key', 'ff'.repeat(32)],
  ['nothing', ''],
])(
  'a next key that holds %s is a leftover beside one that opens the keys only',
  async (_, text) => {
    const { kekFile } = store.kekPlace
    const file = `${kekFile}.new`
    writeFileSync(file, text, { mode: 0o600 })
    const rotate = () => rotateKek({ ...store, kek: KEK }, undefined, { by: 'test', atMs: NOW })
    expect(await rotate()).toEqual({ kind: 'leftover', file })
    rmSync(kekFile)
    expect(await rotate()).toMatchObject({
      kind: 'unusable',
      message: expect.stringMatching('keep'),
    })
  },
)

it('in a token whose record is refused leaves no key there that opens nothing', async () => {
  const made: Kek[] = []
  const kekToken: KekToken = {
    name: 'a token',
    newest: () => KEK,
    byNumber: () => undefined,
    make: () => {
      const kek = bytesKek(Buffer.alloc(32, 9))
      made.push(kek)
      return kek
    },
    discard: (kek) => {
      made.splice(made.indexOf(kek), 1)
    },
  }
  const write: TemporaryStore['journal']['write'] = async () => {
    return { kind: 'rolled-back', reason: 'full', detail: 'not now' }
  }
  const by = { by: 'test', atMs: NOW }
  const ports = { ...store, kek: KEK, kekPlace: { kekToken } }
  const refused = await rotateKek({ ...ports, journal: { write } }, undefined, by)
  expect([refused.kind, made.length]).toEqual(['not-written', 0])
  const rotated = await rotateKek(ports, undefined, by)
  expect([rotated.kind, made.length]).toEqual(['rotated', 1])
})

it('whose next key cannot be made says why, and changes nothing', async () => {
  const { kekFile } = store.kekPlace
  const known = wrappedKeys(store.database)
  const kekPlace = { ...store.kekPlace, kekFile: `${kekFile}.gone/kek` }
  const ports = { ...store, kekPlace, kek: KEK }
  const rotated = await rotateKek(ports, undefined, { by: 'test', atMs: NOW })
  expect(rotated).toMatchObject({ kind: 'not-made', why: expect.stringContaining('ENOENT') })
  expect(wrappedKeys(store.database)).toEqual(known)
})
