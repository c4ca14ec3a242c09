// The key-encryption key at a start: the one that is set, or the next one that a rotation left
// beside it when it was cut off between its record and its last step.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KekToken } from '../../../hardware-module/kek-token.ts'
import { bytesKek } from '../../../voucher-store/vault/kek.ts'
import { openKeys, readKek } from '../../../voucher-store/vault/kek-source.ts'
import { rewrapKey, wrapNewKey } from '../../../voucher-store/vault/vault.ts'
import { closeTokens, newToken, SOFTHSM } from '../../hardware-module/soft-token.ts'
import { isSameKek } from '../temporary-store.ts'

afterAll(closeTokens)

const disk = vi.hoisted(() => ({ syncs: true }))
vi.mock('../../../voucher-store/sync-directory.ts', () => ({
  syncDirectory: () => {
    if (!disk.syncs) throw new Error('EIO: i/o error, fsync')
  },
}))

const OLD_BYTES = Buffer.alloc(32, 7)
const OLD = bytesKek(OLD_BYTES)
const NEXT_BYTES = Buffer.alloc(32, 8)
const NEXT = bytesKek(NEXT_BYTES)
const OTHER_BYTES = Buffer.alloc(32, 9)
const rows = [wrapNewKey(OLD, 1, 'card'), wrapNewKey(OLD, 2, 'pin')]
const rewrapped = rows.map((row) => rewrapKey(OLD, NEXT, row) ?? row)

let folder: string
let kekFile: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-kek-source-'))
  kekFile = join(folder, 'kek')
  put('', OLD_BYTES)
})
afterEach(() => {
  disk.syncs = true
  rmSync(folder, { recursive: true })
})

function put(end: string, key: Buffer, mode = 0o600): void {
  writeFileSync(kekFile + end, `${key.toString('hex')}\n`, { mode })
}

describe('the place of the key', () => {
  it('is a file or a command', () => {
    const words = ['cat', kekFile]
    for (const place of [{ kekFile }, { kekCommand: { words, limitMs: 5_000 } }]) {
      const read = readKek(place)
      expect(read.kind === 'kek' && isSameKek(read.kek, OLD)).toBe(true)
    }
    expect(readKek({}).kind).toBe('problem')
  })
})

describe('the keys of a store', () => {
  it('are opened by the key that is set, without a word', () => {
    const opened = openKeys({ kekFile }, OLD, rows)
    expect(opened?.notices).toEqual([])
    expect(opened?.ring.byId(2)).toBeDefined()
  })

  it('are opened by the next key after their record, which then takes its place', () => {
    put('.new', NEXT_BYTES)
    const opened = openKeys({ kekFile }, OLD, rewrapped)
    expect(opened !== undefined && isSameKek(opened.kek, NEXT)).toBe(true)
    expect(opened?.notices.join()).toContain('was finished')
    expect(readFileSync(kekFile, 'utf8').trim()).toBe(NEXT_BYTES.toString('hex'))
    expect(existsSync(`${kekFile}.new`)).toBe(false)
  })

  it('are opened by a next key that took its place where only the folder could not be synced', () => {
    put('.new', NEXT_BYTES)
    disk.syncs = false
    const opened = openKeys({ kekFile }, OLD, rewrapped)
    expect(opened?.notices.join()).toContain('was finished')
    expect(readFileSync(kekFile, 'utf8').trim()).toBe(NEXT_BYTES.toString('hex'))
  })

  it('are opened by a next key that cannot take its place, which is told of', () => {
    put('.new', NEXT_BYTES)
    rmSync(kekFile)
    mkdirSync(kekFile)
    const opened = openKeys({ kekFile }, OLD, rewrapped)
    expect(opened !== undefined && isSameKek(opened.kek, NEXT)).toBe(true)
    expect(opened?.notices.join()).toContain(
      `${kekFile}.new is the key-encryption key now, keep it`,
    )
    expect(readFileSync(`${kekFile}.new`, 'utf8').trim()).toBe(NEXT_BYTES.toString('hex'))
  })

  it('are the old ones before their record: the next key stays, and is told of', () => {
    put('.new', NEXT_BYTES)
    const opened = openKeys({ kekFile }, OLD, rows)
    expect(opened?.kek).toBe(OLD)
    expect(opened?.notices.join()).toContain('can be removed')
    expect(existsSync(`${kekFile}.new`)).toBe(true)
  })

  it('stay shut for two wrong keys, for an exposed one, and where a command is asked', () => {
    put('.new', OTHER_BYTES)
    expect(openKeys({ kekFile }, OLD, rewrapped)).toBeUndefined()
    rmSync(`${kekFile}.new`)
    put('.new', NEXT_BYTES, 0o644)
    expect(openKeys({ kekFile }, OLD, rewrapped)).toBeUndefined()
    const kekCommand = { words: ['cat', kekFile], limitMs: 1_000 }
    expect(openKeys({ kekCommand }, OLD, rewrapped)).toBeUndefined()
    expect(readFileSync(kekFile, 'utf8').trim()).toBe(OLD_BYTES.toString('hex'))
  })
})

describe.skipIf(SOFTHSM === undefined)('the keys of a store in a token', () => {
  it('that a rotation did not write stay under the key they are under, and so do new ones', async () => {
    const kekToken = new KekToken(await newToken(), 'kek')
    const kept = wrapNewKey(kekToken.make(), 1, 'card')
    kekToken.make()
    const read = readKek({ kekToken })
    if (read.kind === 'problem') throw new Error(read.message)
    expect(read.kek.number).toBe(2)
    const opened = openKeys({ kekToken }, read.kek, [kept])
    expect(opened?.kek.number).toBe(1)
    expect(opened?.notices.join()).toContain('has number 2, of a rotation that wrote nothing')
  })
})
