// Rows of keys: what a new master key and a new zone set take with them and what they leave alone,
// and keys that are sealed anew. What is in a key is the security module's matter.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  FIRST_KEY,
  type KeyPlace,
  type KeyStep,
  keysNotUnder,
  listMasterKeys,
  putMasterKey,
  putZoneSet,
  removeKeys,
  resealKeys,
  type SealedKeyRow,
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
  const rows = walked(10)
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
  expect(walked(10).map(({ owner }) => owner)).toEqual([BANK])
})

/** All keys that are not under storage key 2, so many looked at in a step. */
function walked(most: number): SealedKeyRow[] {
  const found: SealedKeyRow[] = []
  for (let after: KeyPlace | undefined = FIRST_KEY; after !== undefined; ) {
    const step: KeyStep = keysNotUnder(store.database, 2, { after, most })
    found.push(...step.keys)
    after = step.next
  }
  return found
}

const placesOf = (rows: readonly SealedKeyRow[]) =>
  rows.map(({ column, owner, generation }) => `${column} ${owner} ${generation}`)

describe('a walk over the keys that are under an old storage key', () => {
  const OWNERS = ['host/a', 'institution/b', 'terminal/1', 'terminal/2']

  it.each([1, 2, 3, 100])('gives each of them once, %i looked at in a step', async (most) => {
    for (const owner of OWNERS) await master(owner)
    for (const owner of OWNERS.slice(1)) await zone(owner, 1)
    await activate('terminal/1', 1)
    await zone('terminal/1', 2)
    store.writer.exec(`update key_set set data_key = x'000000010203' where owner = 'terminal/1'`)
    const sets = ['institution/b 1', 'terminal/1 1', 'terminal/1 2', 'terminal/2 1']
    expect(placesOf(walked(most))).toEqual([
      ...OWNERS.map((owner) => `sealed ${owner} 0`),
      ...sets.map((set) => `mac_key ${set}`),
      ...sets.map((set) => `pin_key ${set}`),
      ...['data_key terminal/1 1', 'data_key terminal/1 2'],
    ])
  })

  it('passes over what is under the new one, and over what is no key', async () => {
    for (const owner of OWNERS) await master(owner)
    const change = store.writer.prepare('update master_key set sealed = ? where owner = ?')
    change.run(sealed(2, 1), 'institution/b')
    change.run('text', 'terminal/1')
    expect(placesOf(walked(1))).toEqual(['sealed host/a 0', 'sealed terminal/2 0'])
  })

  it('searches for the place where it goes on, however much is behind it', async () => {
    for (const owner of OWNERS) await master(owner)
    await zone('terminal/2', 1)
    const prepare = vi.spyOn(store.database, 'prepare')
    walked(2)
    const queries = prepare.mock.calls.map(([query]) => query)
    prepare.mockRestore()
    expect(queries.length).toBeGreaterThan(4)
    const values = { owner: '', slot: '', most: 2 }
    for (const query of queries) {
      const plan = store.database.prepare(`explain query plan ${query}`).all(values)
      const [step, ...more] = plan.map((one) => (one as { detail: string }).detail)
      expect(step).toMatch(/^SEARCH \w+ USING INDEX sqlite_autoindex_\w+_1 \(.*owner.*>/)
      // It is in order already.
      expect(more).toEqual([])
    }
  })
})
