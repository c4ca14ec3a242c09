// Rows of keys: what a new master key and a new zone set take with them and what they leave alone,
// and keys that are sealed anew. What is in a key is the security module's matter.

import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  keysNotUnder,
  listMasterKeys,
  putMasterKey,
  putZoneSet,
  removeKeys,
  resealKeys,
} from '../../../voucher-store/admin/keys.ts'
import { changeTerminal, findTerminal } from '../../../voucher-store/admin/terminals.ts'
import { addTerminal, must, NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

const BANK = 'institution/bank'
const TERMINAL = 'terminal/1'
const by = { by: 'sara', atMs: NOW }

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

it('keys that are sealed anew are on record with who ordered it and how he was let in', async () => {
  const how = { as: 'login', from: 'socket', approval: '1f0c77ab', consentBy: 'dara' } as const
  const written = await resealKeys(store.journal, [], { by: 'sara', how, atMs: NOW })
  expect(written.kind).toBe('written')
  const body = store.database.prepare('select body from journal order by jseq desc').pluck().get()
  expect(JSON.parse(String(body))).toMatchObject({ action: 'vault reseal keys', by: 'sara', how })
})

/** A key that lies under a storage key, as far as its first bytes tell. */
const sealed = (storageKey: number, fill: number) =>
  Buffer.concat([Buffer.from([0, 0, 0, storageKey]), Buffer.alloc(8, fill)])

function master(owner: string, fill = 1) {
  const key = { owner, scheme: 'aes', sealed: sealed(1, fill), checkValue: 'ABCDEF' } as const
  return putMasterKey(store.journal, key, 'key load', by)
}

function zone(owner: string, generation: number) {
  const keys = { macKey: sealed(1, 2), pinKey: sealed(1, 3), dataKey: undefined }
  const set = { generation, scheme: 'aes', ...keys, transmission: undefined } as const
  const place = { owner, under: 'ABCDEF' }
  return putZoneSet(store.journal, place, { ...set, serialNumber: undefined }, by)
}

const activate = (owner: string, generation: number, serialNumber?: string) =>
  must(
    store.journal.write({
      ...{ kind: 'key-activation', owner, generation, serialNumber, atMs: NOW },
    }),
  )

const slots = (owner: string) => {
  const [row] = listMasterKeys(store.database, owner)
  return row === undefined ? undefined : [row.active, row.pending]
}
const sets = (owner: string) =>
  store.database.prepare('select count(*) from key_set where owner = ?').pluck().get(owner)

it('a zone set that waits leaves the one in force alone, and takes the place of one that waited', async () => {
  await master(BANK)
  await master('institution/other')
  await zone('institution/other', 9)
  await zone(BANK, 1)
  expect(slots(BANK)).toEqual([undefined, 1])
  await activate(BANK, 1)
  expect(slots(BANK)).toEqual([1, undefined])
  for (const generation of [2, 3]) await zone(BANK, generation)
  expect([slots(BANK), slots('institution/other')]).toEqual([
    [1, 3],
    [undefined, 9],
  ])
})

it('a zone set is refused where one of its number waits, or is in force', async () => {
  await master(BANK)
  await zone(BANK, 2)
  expect(await zone(BANK, 2)).toMatchObject({ kind: 'changed' })
  await activate(BANK, 2)
  expect(await zone(BANK, 2)).toMatchObject({ kind: 'changed' })
  expect(slots(BANK)).toEqual([2, undefined])
  expect(await zone(BANK, 3)).toMatchObject({ kind: 'written' })
})

it('a new master key, and its removal, take the sets of their owner with them', async () => {
  for (const owner of [BANK, 'institution/other']) {
    await master(owner)
    await zone(owner, 1)
  }
  await activate(BANK, 1)
  await zone(BANK, 2)
  await master(BANK, 7)
  expect([slots(BANK), sets(BANK)]).toEqual([[undefined, undefined], 0])
  await zone(BANK, 3)
  await removeKeys(store.journal, BANK, by)
  expect([slots(BANK), sets(BANK), sets('institution/other')]).toEqual([undefined, 0, 1])
  expect(await removeKeys(store.journal, BANK, by)).toMatchObject({ kind: 'changed' })
})

it('the serial number of a device goes with its master key, and beside it when it is unbound', async () => {
  await addTerminal(store)
  const key = { institution: 0, mid: '000000000012345', tid: '10000001' }
  const serials = () => [
    findTerminal(store.database, key)?.serial ?? undefined,
    listMasterKeys(store.database, TERMINAL)[0]?.serialNumber,
  ]
  await master(TERMINAL)
  await zone(TERMINAL, 1)
  await activate(TERMINAL, 1, 'SN-1')
  expect(serials()).toEqual(['SN-1', 'SN-1'])
  await changeTerminal(store.journal, 1, { ...key, serial: null }, by)
  expect(serials()).toEqual([undefined, undefined])
  await zone(TERMINAL, 2)
  await activate(TERMINAL, 2, 'SN-2')
  await master(TERMINAL, 5)
  expect(serials()).toEqual([undefined, undefined])
})

it('a key that was replaced meanwhile is not overwritten by what was sealed anew', async () => {
  for (const owner of [BANK, 'institution/other']) await master(owner)
  const rows = keysNotUnder(store.database, 2, 10)
  expect(rows.map(({ owner, column }) => [owner, column])).toEqual([
    [BANK, 'sealed'],
    ['institution/other', 'sealed'],
  ])
  await master(BANK, 8)
  await resealKeys(
    store.journal,
    rows.map((row) => [row, sealed(2, 1)] as const),
    by,
  )
  const held = store.database.prepare('select sealed from master_key order by owner').pluck().all()
  expect(held).toEqual([sealed(1, 8), sealed(2, 1)])
  expect(keysNotUnder(store.database, 2, 10).map(({ owner }) => owner)).toEqual([BANK])
})
