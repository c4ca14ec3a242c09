// Keys over a real store: what is issued can be loaded elsewhere, what is loaded is the key of its
// parts, and neither the journal nor a list holds anything of a key but its check value.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EvsError } from '../../../admin-api/errors.ts'
import * as shapes from '../../../admin-api/key-schemas.ts'
import type { AdminOperations } from '../../../admin-api/operations.ts'
import { systemTimers } from '../../../protocol/link/timers.ts'
import type { SoftwareModule } from '../../../protocol/security/software-module.ts'
import { createOperations } from '../../../switch/admin/operations.ts'
import { defaultSettings } from '../../../switch/limits.ts'
import { KeyDesk, type LogonRequest } from '../../../terminal-gateway/key-desk.ts'
import type { StoreJournal } from '../../../voucher-store/admin/admin-write.ts'
import { SqliteKeyStore } from '../../../voucher-store/key-store.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import { good, newModule } from '../../protocol/security/test-module.ts'
import {
  addTerminal,
  KEK,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from '../../voucher-store/temporary-store.ts'
import { toldOperations } from './told-operations.ts'

const actor = { name: 'sara' }
const TERMINAL = {
  kind: 'terminal',
  tid: '10000001',
  mid: '000000000012345',
  institution: 0,
} as const
const BANK = { kind: 'institution', name: 'bank', institution: 0 } as const
const HOST = { kind: 'host', name: 'simulator', institution: 0 } as const
/** A bank may be a card host as well, and bring terminals under the same name. */
const LINKS = {
  listeners: [
    { name: 'pos', kind: 'terminal', keys: 'tdes' },
    { name: 'bank', kind: 'institution', keys: 'tdes' },
  ],
  cardHosts: [
    { name: 'simulator', keys: 'tdes' },
    { name: 'bank', keys: 'aes' },
  ],
} as const
const FACTS = {
  ...{ sqliteVersion: '3.51.3', journalMode: 'wal', synchronous: 2, foreignKeys: 1, mmapSize: 0 },
}

let store: TemporaryStore
let module: SoftwareModule
let operations: AdminOperations

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((next) => setImmediate(next))
}

/** Over this journal, with no running switch to tell of a change. */
function operationsOver(journal: StoreJournal): AdminOperations {
  return createOperations({
    store: { ...store, journal, facts: FACTS, epoch: 1, kek: KEK },
    clock: systemTimers,
    wallMs: () => NOW,
    config: {
      ...defaultSettings(),
      ...LINKS,
    },
    securityModule: async () => module,
    runtime: undefined,
  }).operations
}

beforeEach(async () => {
  store = await temporaryStore()
  await addTerminal(store)
  module = newModule()
  operations = operationsOver(store.journal)
})
afterEach(() => store.close())

describe('a master key', () => {
  it('that is issued comes in parts, and the parts load as the same key', async () => {
    const issued = await operations.issueKey(actor, { owner: TERMINAL, scheme: 'aes', parts: 3 })
    expect(shapes.issuedKey.parse(issued)).toEqual(issued)
    expect(issued.parts).toHaveLength(3)
    const { parts, checkValue } = issued
    const loaded = await operations.loadKey(actor, {
      ...{ owner: TERMINAL, scheme: 'aes', parts, checkValue },
    })
    expect(loaded.checkValue).toBe(checkValue)
    const states = { masterKey: 'in force', sessionKeys: 'missing' }
    expect(await operations.keys()).toEqual([{ ...loaded, ...states }])
  })

  it('leaves nothing of itself in the journal, which still verifies', async () => {
    const { parts } = await operations.issueKey(actor, {
      ...{ owner: TERMINAL, scheme: 'aes', parts: 2 },
    })
    const bodies = store.database.prepare('select body from journal').pluck().all().join('\n')
    for (const { part } of parts) expect(bodies).not.toContain(part)
    expect(bodies).toContain('key issue')
    const sealed = store.database.prepare('select sealed from master_key').pluck().get() as Buffer
    expect(bodies).not.toContain(sealed.toString('hex'))
    expect(bodies).not.toContain(JSON.stringify(sealed))
    expect(verifyJournal(store.database).problems).toEqual([])
  })

  it('takes the session keys and the serial number of the one before with it', async () => {
    await operations.issueKey(actor, { owner: BANK, scheme: 'tdes', parts: 2 })
    await operations.makeZoneKeys(actor, { owner: BANK })
    expect((await operations.keys())[0]?.pending).toBe(1)
    await operations.issueKey(actor, { owner: BANK, scheme: 'tdes', parts: 2 })
    expect((await operations.keys())[0]).toMatchObject({ pending: null, serialNumber: null })
  })

  it('of DUKPT terminals is a base key by its key set, with triple DES', async () => {
    const owner = { kind: 'dukpt', name: 'FFFF987654', institution: 0 } as const
    const { parts } = await operations.issueKey(actor, { owner, scheme: 'tdes', parts: 2 })
    const loaded = await operations.loadKey(actor, { owner, scheme: 'tdes', parts })
    expect(loaded.owner).toBe('dukpt/FFFF987654')
    const { sealed } = new SqliteKeyStore({ ...store, wallMs: () => NOW }).find(loaded.owner)
      .master as { sealed: Uint8Array }
    expect(module.unseal('dukpt-base', 'tdes', sealed, 'dukpt/FFFF987654/master')).toBeDefined()
    for (const name of ['ffff', 'ffff987654']) {
      const wrong = { owner: { ...owner, name }, scheme: 'tdes', parts: 2 } as const
      await expect(operations.issueKey(actor, wrong)).rejects.toThrow('10 hex digits')
    }
    await expect(operations.issueKey(actor, { owner, scheme: 'aes', parts: 2 })).rejects.toThrow(
      'for aes',
    )
  })

  it('that is removed is gone, and cannot be removed twice', async () => {
    await operations.issueKey(actor, { owner: HOST, scheme: 'tdes', parts: 2 })
    await operations.removeKeys(actor, { owner: HOST })
    expect(await operations.keys()).toEqual([])
    await expect(operations.removeKeys(actor, { owner: HOST })).rejects.toThrow(EvsError)
  })
})

describe('zone keys of an institution', () => {
  it('are TR-31 blocks under its master key, pending until it uses them', async () => {
    await operations.issueKey(actor, { owner: BANK, scheme: 'tdes', parts: 2 })
    const zone = await operations.makeZoneKeys(actor, { owner: BANK })
    const keys = new SqliteKeyStore({ ...store, wallMs: () => NOW })
    const { master, pending } = keys.find('institution/bank')
    const opened = module.unseal(
      'master',
      'tdes',
      master?.sealed as Buffer,
      'institution/bank/master',
    )
    const macKey = module.unseal('mac', 'tdes', pending?.macKey as Buffer, 'institution/bank/1')
    if (opened === undefined || macKey === undefined) throw new Error('they open')
    const read = good(module.importUnder(opened, zone.macKey, 'mac'))
    expect(module.checkValue(read)).toBe(module.checkValue(macKey))
  })

  it('need a master key, and are not made for others', async () => {
    await expect(operations.makeZoneKeys(actor, { owner: BANK })).rejects.toThrow('master key')
    await expect(operations.makeZoneKeys(actor, { owner: HOST })).rejects.toThrow('key change')
  })
})

describe('refused is', () => {
  const part = { part: '0'.repeat(32), checkValue: '000000' }

  it.each([
    ['a listener that is no institution', { owner: { ...BANK, name: 'pos' } }, 'no institution'],
    ['a card host that there is not', { owner: { ...HOST, name: 'other' } }, 'no card host'],
    ['a terminal without its merchant', { owner: { ...TERMINAL, mid: undefined } }, 'TID and MID'],
    ['a terminal that there is not', { owner: { ...TERMINAL, tid: '9' } }, 'terminal 9'],
    ['a key of another scheme', { scheme: 'tdes' }, 'this key is for tdes'],
  ] as const)('%s', async (_what, change, message) => {
    const issue = { owner: TERMINAL, scheme: 'aes', parts: 3, ...change } as shapes.KeyIssue
    await expect(operations.issueKey(actor, issue)).rejects.toThrow(message)
    expect(await operations.keys()).toEqual([])
  })

  it('a part with another check value, a part that is none, and a whole that differs', async () => {
    const load = { owner: TERMINAL, scheme: 'aes' } as const
    await expect(operations.loadKey(actor, { ...load, parts: [part, part] })).rejects.toThrow(
      'check value',
    )
    const strange = { ...part, part: 'z'.repeat(32) }
    await expect(operations.loadKey(actor, { ...load, parts: [strange, part] })).rejects.toThrow(
      'part 1',
    )
    const { parts } = await operations.issueKey(actor, { ...load, parts: 2 })
    await expect(
      operations.loadKey(actor, { ...load, parts, checkValue: '000000' }),
    ).rejects.toThrow('another key')
  })
})

it('keys of a scheme that is not set are not loaded: nothing would ever use them', async () => {
  const issue = { owner: BANK, scheme: 'tdes', parts: 2 } as const
  const { parts } = await operations.issueKey(actor, issue)
  const load = { owner: TERMINAL, scheme: 'tdes', parts } as const
  await expect(operations.loadKey(actor, load)).rejects.toMatchObject({ code: 'CONFLICT' })
  expect((await operations.keys()).map(({ owner }) => owner)).toEqual(['institution/bank'])
})

it('each set of zone keys has a number of its own, used or not', async () => {
  await operations.issueKey(actor, { owner: BANK, scheme: 'tdes', parts: 2 })
  const first = await operations.makeZoneKeys(actor, { owner: BANK })
  const second = await operations.makeZoneKeys(actor, { owner: BANK })
  expect([first.generation, second.generation]).toEqual([1, 2])
})

it('zone keys are told each under its use, and numbered beyond those that are in use', async () => {
  const { checkValue } = await operations.issueKey(actor, {
    ...{ owner: BANK, scheme: 'tdes', parts: 2 },
  })
  const zone = await operations.makeZoneKeys(actor, { owner: BANK })
  const keys = new SqliteKeyStore({ ...store, wallMs: () => NOW })
  const { master, pending } = keys.find('institution/bank')
  if (master === undefined || pending === undefined) throw new Error('no keys')
  const place = 'institution/bank/master'
  const opened = module.unseal('master', 'tdes', master.sealed, place) ?? expect.fail('it opens')
  for (const use of ['mac', 'pin', 'data'] as const) {
    const sealed = pending[`${use}Key`] ?? expect.fail('a zone has all three')
    const key = module.unseal(use, 'tdes', sealed, 'institution/bank/1') ?? expect.fail('it opens')
    const read = good(module.importUnder(opened, zone[`${use}Key`], use))
    expect(module.checkValue(read)).toBe(module.checkValue(key))
  }
  await keys.activate('institution/bank', pending, checkValue)
  expect(keys.find('institution/bank')).toMatchObject({ active: { generation: 1 } })
  expect(await operations.makeZoneKeys(actor, { owner: BANK })).toMatchObject({ generation: 2 })
})

it('a key of an institution is for one, and fits what that one is set to', async () => {
  const issue = (owner: { kind: 'institution' | 'host'; name: string }, scheme: 'tdes' | 'aes') =>
    operations.issueKey(actor, { owner: { ...owner, institution: 0 }, scheme, parts: 2 })
  await expect(issue({ kind: 'institution', name: 'pos' }, 'tdes')).rejects.toMatchObject({
    ...{ code: 'NOT_FOUND', message: "no institution's listener is called pos" },
  })
  await expect(issue({ kind: 'institution', name: 'bank' }, 'aes')).rejects.toThrow('set to tdes')
  await expect(issue({ kind: 'host', name: 'bank' }, 'tdes')).rejects.toThrow('set to aes')
  expect(await issue({ kind: 'institution', name: 'bank' }, 'tdes')).toMatchObject({
    owner: 'institution/bank',
  })
  expect(await issue({ kind: 'host', name: 'bank' }, 'aes')).toMatchObject({ owner: 'host/bank' })
})

it('of two zone sets that are made at once one is refused: nobody hands out keys that are gone', async () => {
  await operations.issueKey(actor, { owner: BANK, scheme: 'tdes', parts: 2 })
  const held: (() => void)[] = []
  const slow = operationsOver({
    write: async (record) => {
      await new Promise<void>((written) => held.push(written))
      return store.journal.write(record)
    },
  })
  const both = [1, 2].map(() => slow.makeZoneKeys(actor, { owner: BANK }))
  await until(() => held.length === 2)
  for (const written of held) written()
  const made = await Promise.allSettled(both)
  expect(made).toMatchObject([
    { status: 'fulfilled', value: { generation: 1 } },
    { status: 'rejected', reason: { code: 'CONFLICT' } },
  ])
})

it('the running switch takes zone keys as soon as they are made', async () => {
  const { operations: running, told } = toldOperations(store, store.journal, LINKS)
  await running.issueKey(actor, { owner: BANK, scheme: 'tdes', parts: 2 })
  await running.makeZoneKeys(actor, { owner: BANK })
  expect(told).toEqual(['keys of institution/bank', 'keys of institution/bank'])
})

it('the running switch forgets keys that are issued anew, and keys that are removed', async () => {
  const { operations: running, told } = toldOperations(store)
  await running.issueKey(actor, { owner: TERMINAL, scheme: 'aes', parts: 2 })
  await running.removeKeys(actor, { owner: TERMINAL })
  expect(told).toEqual(['keys of terminal/1', 'keys of terminal/1'])
})

describe('session keys that are made while the master key is replaced', () => {
  const owner = 'terminal/1'
  const found = (name: string) => new SqliteKeyStore({ ...store, wallMs: () => NOW }).find(name)

  it('are none of a logon that still has the key of before', async () => {
    const keys = new SqliteKeyStore({ ...store, wallMs: () => NOW })
    const desk = new KeyDesk({
      module,
      store: keys,
      ownersMost: 9,
      unusedMost: 5,
      alarm: () => undefined,
    })
    const request: LogonRequest = {
      ...{ scheme: 'aes', stan: '000001', transmission: '1122093000', serialNumber: 'SN-1' },
      masked: 'SN-1',
    }
    await operations.issueKey(actor, { owner: TERMINAL, scheme: 'aes', parts: 2 })
    expect((await desk.logon(owner, request)).kind).toBe('keys')
    await operations.issueKey(actor, { owner: TERMINAL, scheme: 'aes', parts: 2 })
    // Durable, and the desk is told in the next turn.
    expect((await desk.logon(owner, request)).kind).toBe('not-written')
    expect(found(owner).pending).toBeUndefined()
    desk.changed(owner)
    expect((await desk.logon(owner, request)).kind).toBe('keys')
    expect(found(owner).pending?.generation).toBe(1)
    expect(verifyJournal(store.database).problems).toEqual([])
  })

  it('are none of a zone: what was made under the key of before is refused', async () => {
    await operations.issueKey(actor, { owner: BANK, scheme: 'tdes', parts: 2 })
    const held: (() => void)[] = []
    const slow = operationsOver({
      write: async (record) => {
        await new Promise<void>((written) => held.push(written))
        return store.journal.write(record)
      },
    })
    const issued = slow.issueKey(actor, { owner: BANK, scheme: 'tdes', parts: 2 })
    await until(() => held.length === 1)
    const made = slow.makeZoneKeys(actor, { owner: BANK })
    const refused = expect(made).rejects.toMatchObject({ code: 'CONFLICT' })
    await until(() => held.length === 2)
    for (const written of held) written()
    await issued
    await refused
    expect(found('institution/bank').pending).toBeUndefined()
  })
})
