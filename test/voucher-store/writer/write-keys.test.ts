// Rows of session keys: a set that waits, the one in force, and what the journal keeps of them.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SealedKeySet } from '../../../switch/core/key-store.ts'
import { putMasterKey, removeKeys } from '../../../voucher-store/admin/keys.ts'
import { SqliteKeyStore } from '../../../voucher-store/key-store.ts'
import { addTerminal, NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

const OWNER = 'host/bank'
/** The check value of its master key. */
const UNDER = 'ABCDEF'

let store: TemporaryStore
let keys: SqliteKeyStore

beforeEach(async () => {
  store = await temporaryStore()
  keys = new SqliteKeyStore({ ...store, wallMs: () => NOW })
  await masterKey(UNDER)
})
afterEach(() => store.close())

const setOf = (generation: number): SealedKeySet => ({
  ...{ generation, scheme: 'aes', transmission: undefined, serialNumber: undefined },
  macKey: Buffer.alloc(40, generation),
  pinKey: Buffer.alloc(40, 100 + generation),
  dataKey: undefined,
})

const generations = () => {
  const { active, pending } = keys.find(OWNER)
  return [active?.generation, pending?.generation]
}

/** Of the owner, not bound to a serial number; what was under the one before is gone. */
function masterKey(checkValue: string, owner = OWNER) {
  const key = { owner, scheme: 'aes', sealed: Buffer.alloc(40), checkValue } as const
  return putMasterKey(store.journal, key, 'key load', { by: 'test', atMs: 0 })
}

const put = (set: SealedKeySet, owner = OWNER) => keys.putPending(owner, set, UNDER)
const activate = (set: SealedKeySet, whole?: SealedKeySet, owner = OWNER) =>
  keys.activate(owner, set, UNDER, whole)

describe('the sets of an owner', () => {
  it('are one that waits, in force once it is used', async () => {
    await put(setOf(1))
    expect(generations()).toEqual([undefined, 1])
    await activate(setOf(1))
    await put(setOf(2))
    expect(generations()).toEqual([1, 2])
  })

  it('keep one in force whose place a newer one took before that was written', async () => {
    await put(setOf(1))
    await activate(setOf(1))
    await put(setOf(2))
    await put(setOf(3))
    await activate(setOf(2))
    expect(generations()).toEqual([1, 3])
    await activate(setOf(2), setOf(2))
    expect(generations()).toEqual([2, 3])
    expect(keys.find(OWNER).active).toEqual(setOf(2))
  })

  it('never put an older one in force again', async () => {
    for (const generation of [1, 2]) await put(setOf(generation))
    await activate(setOf(2))
    await activate(setOf(1), setOf(1))
    expect(generations()).toEqual([2, undefined])
  })

  it('are replaced as a whole while they wait', async () => {
    await put({ ...setOf(1), transmission: '1122093000', serialNumber: 'A' })
    const next: SealedKeySet = {
      ...{ ...setOf(2), scheme: 'tdes', dataKey: Buffer.alloc(40, 7) },
      ...{ transmission: '1122100000', serialNumber: 'B' },
    }
    await put(next)
    expect(keys.find(OWNER).pending).toEqual(next)
  })

  it('bind their master key to the first serial number that used it, and to no other', async () => {
    const bound = store.database.prepare('select serial_number from master_key').pluck()
    for (const [generation, serialNumber] of [
      [1, 'A'],
      [2, 'B'],
    ] as const) {
      await put({ ...setOf(generation), serialNumber })
      await activate({ ...setOf(generation), serialNumber })
      expect(bound.get()).toBe('A')
    }
  })

  it('are one in force at a time: the next one takes the place of the one before', async () => {
    for (const generation of [1, 2]) {
      await put(setOf(generation))
      expect(await activate(setOf(generation))).toBe(true)
    }
    expect(generations()).toEqual([2, undefined])
    expect(keys.find(OWNER).active).toEqual(setOf(2))
  })

  it('keep the first of two that say they are of one generation', async () => {
    await put(setOf(1))
    await put({ ...setOf(1), macKey: Buffer.alloc(40, 9) })
    expect(keys.find(OWNER).pending).toEqual(setOf(1))
  })

  it('tell when the one that waits was written, not the one before it', async () => {
    for (const generation of [1, 2]) {
      const later = new SqliteKeyStore({ ...store, wallMs: () => NOW + generation })
      await later.putPending(OWNER, setOf(generation), UNDER)
    }
    const created = store.database.prepare('select created_ms from key_set').pluck()
    expect(created.all()).toEqual([NOW + 2])
  })

  it('bind no master key by a set that was replaced before it was used', async () => {
    for (const generation of [1, 2]) await put(setOf(generation))
    await activate({ ...setOf(1), serialNumber: 'A' })
    expect(keys.find(OWNER).serialNumber).toBeUndefined()
    await activate({ ...setOf(2), serialNumber: 'B' })
    expect(keys.find(OWNER).serialNumber).toBe('B')
  })

  it('of a card host bind no terminal that has its number', async () => {
    await addTerminal(store)
    for (const owner of ['host/1', 'terminal/1']) await masterKey(UNDER, owner)
    const terminal = store.database.prepare('select serial from terminal where id = 1').pluck()
    await put(setOf(1), 'host/1')
    await activate({ ...setOf(1), serialNumber: 'A' }, undefined, 'host/1')
    expect(terminal.all()).toEqual([null])
    await put(setOf(1), 'terminal/1')
    await activate({ ...setOf(1), serialNumber: 'A' }, undefined, 'terminal/1')
    expect(terminal.get()).toBe('A')
  })

  it('are not in the journal, whatever the record had of them', async () => {
    await put(setOf(1))
    await activate(setOf(1), setOf(1))
    const rows = store.database.prepare("select body from journal where kind like 'key-%'").pluck()
    expect(rows.all()).toEqual([
      '{"owner":"host/bank","generation":1}',
      '{"owner":"host/bank","generation":1}',
    ])
  })

  it('made under a master key that was replaced or removed meanwhile are not written', async () => {
    expect(await put(setOf(3))).toBe(true)
    await masterKey('FEDCBA')
    const records = store.records.length
    expect(await put(setOf(4))).toBe(false)
    expect(await activate({ ...setOf(3), serialNumber: 'A' }, setOf(3))).toBe(false)
    expect([generations(), keys.find(OWNER).serialNumber]).toEqual([
      [undefined, undefined],
      undefined,
    ])
    await removeKeys(store.journal, OWNER, { by: 'test', atMs: 0 })
    expect(await put(setOf(5))).toBe(false)
    const kinds = store.database.prepare('select kind from journal order by jseq').pluck().all()
    expect(kinds.slice(-2)).toEqual(['admin', 'admin'])
    expect(store.records.length).toBeGreaterThan(records)
  })

  it('of an old number are told as not written, and so is a note that finds no set', async () => {
    expect(await put(setOf(2))).toBe(true)
    expect(await put(setOf(1))).toBe(false)
    expect(await activate(setOf(1))).toBe(false)
    expect(await activate(setOf(2))).toBe(true)
    // Noted twice: what is so already is no fault.
    expect(await activate(setOf(2), setOf(2))).toBe(true)
    expect(await activate(setOf(1), setOf(1))).toBe(false)
    expect(generations()).toEqual([2, undefined])
  })
})
