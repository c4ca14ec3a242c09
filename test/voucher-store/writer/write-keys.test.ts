// Rows of session keys: a set that waits, the one in force, and what the journal keeps of them.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SealedKeySet } from '../../../switch/core/key-store.ts'
import { SqliteKeyStore } from '../../../voucher-store/key-store.ts'
import { addTerminal, NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

const OWNER = 'host/bank'

let store: TemporaryStore
let keys: SqliteKeyStore

beforeEach(async () => {
  store = await temporaryStore()
  keys = new SqliteKeyStore({ ...store, wallMs: () => NOW })
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

/** Of the owner, not bound to a serial number. */
function masterKey(): void {
  store.writer
    .prepare(
      `insert into master_key (owner, scheme, sealed, check_value, serial_number, created_ms)
       values (?, 'aes', ?, 'ABCDE', null, 0)`,
    )
    .run(OWNER, Buffer.alloc(40))
}

describe('the sets of an owner', () => {
  it('are one that waits, in force once it is used', async () => {
    await keys.putPending(OWNER, setOf(1))
    expect(generations()).toEqual([undefined, 1])
    await keys.activate(OWNER, setOf(1))
    await keys.putPending(OWNER, setOf(2))
    expect(generations()).toEqual([1, 2])
  })

  it('keep one in force whose place a newer one took before that was written', async () => {
    await keys.putPending(OWNER, setOf(1))
    await keys.activate(OWNER, setOf(1))
    await keys.putPending(OWNER, setOf(2))
    await keys.putPending(OWNER, setOf(3))
    await keys.activate(OWNER, setOf(2))
    expect(generations()).toEqual([1, 3])
    await keys.activate(OWNER, setOf(2), setOf(2))
    expect(generations()).toEqual([2, 3])
    expect(keys.find(OWNER).active).toEqual(setOf(2))
  })

  it('never put an older one in force again', async () => {
    for (const generation of [1, 2]) await keys.putPending(OWNER, setOf(generation))
    await keys.activate(OWNER, setOf(2))
    await keys.activate(OWNER, setOf(1), setOf(1))
    expect(generations()).toEqual([2, undefined])
  })

  it('are replaced as a whole while they wait', async () => {
    await keys.putPending(OWNER, { ...setOf(1), transmission: '1122093000', serialNumber: 'A' })
    const next: SealedKeySet = {
      ...{ ...setOf(2), scheme: 'tdes', dataKey: Buffer.alloc(40, 7) },
      ...{ transmission: '1122100000', serialNumber: 'B' },
    }
    await keys.putPending(OWNER, next)
    expect(keys.find(OWNER).pending).toEqual(next)
  })

  it('bind their master key to the first serial number that used it, and to no other', async () => {
    masterKey()
    const bound = store.database.prepare('select serial_number from master_key').pluck()
    for (const [generation, serialNumber] of [
      [1, 'A'],
      [2, 'B'],
    ] as const) {
      await keys.putPending(OWNER, { ...setOf(generation), serialNumber })
      await keys.activate(OWNER, { ...setOf(generation), serialNumber })
      expect(bound.get()).toBe('A')
    }
  })

  it('are one in force at a time: the next one takes the place of the one before', async () => {
    for (const generation of [1, 2]) {
      await keys.putPending(OWNER, setOf(generation))
      expect(await keys.activate(OWNER, setOf(generation))).toBe(true)
    }
    expect(generations()).toEqual([2, undefined])
    expect(keys.find(OWNER).active).toEqual(setOf(2))
  })

  it('keep the first of two that say they are of one generation', async () => {
    await keys.putPending(OWNER, setOf(1))
    await keys.putPending(OWNER, { ...setOf(1), macKey: Buffer.alloc(40, 9) })
    expect(keys.find(OWNER).pending).toEqual(setOf(1))
  })

  it('tell when the one that waits was written, not the one before it', async () => {
    for (const generation of [1, 2]) {
      const later = new SqliteKeyStore({ ...store, wallMs: () => NOW + generation })
      await later.putPending(OWNER, setOf(generation))
    }
    const created = store.database.prepare('select created_ms from key_set').pluck()
    expect(created.all()).toEqual([NOW + 2])
  })

  it('bind no master key by a set that was replaced before it was used', async () => {
    masterKey()
    for (const generation of [1, 2]) await keys.putPending(OWNER, setOf(generation))
    await keys.activate(OWNER, { ...setOf(1), serialNumber: 'A' })
    expect(keys.find(OWNER).serialNumber).toBeUndefined()
    await keys.activate(OWNER, { ...setOf(2), serialNumber: 'B' })
    expect(keys.find(OWNER).serialNumber).toBe('B')
  })

  it('of a card host bind no terminal that has its number', async () => {
    await addTerminal(store)
    const terminal = store.database.prepare('select serial from terminal where id = 1').pluck()
    await keys.putPending('host/1', setOf(1))
    await keys.activate('host/1', { ...setOf(1), serialNumber: 'A' })
    expect(terminal.all()).toEqual([null])
    await keys.putPending('terminal/1', setOf(1))
    await keys.activate('terminal/1', { ...setOf(1), serialNumber: 'A' })
    expect(terminal.get()).toBe('A')
  })

  it('are not in the journal, whatever the record had of them', async () => {
    await keys.putPending(OWNER, setOf(1))
    await keys.activate(OWNER, setOf(1), setOf(1))
    const rows = store.database.prepare("select body from journal where kind like 'key-%'").pluck()
    expect(rows.all()).toEqual([
      '{"owner":"host/bank","generation":1}',
      '{"owner":"host/bank","generation":1}',
    ])
  })
})
