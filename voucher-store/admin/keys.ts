// Master keys of terminals and zones, and zone sets that wait for their first message: lists and
// changes. The journal tells whose key was set, by whom and with which check value; the key itself,
// sealed as it is, is in its table only.

import type Database from 'better-sqlite3'
import type { KeyOwner, SealedKeySet } from '../../switch/core/key-store.ts'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import type { By } from './merchants.ts'
import { readAll, sql, statement } from './statements.ts'

export interface MasterKeyRow {
  readonly owner: KeyOwner
  readonly scheme: 'tdes' | 'aes'
  readonly checkValue: string
  readonly serialNumber: string | undefined
  readonly createdMs: number
  readonly active: number | undefined
  readonly pending: number | undefined
}

export interface MasterKey {
  readonly owner: KeyOwner
  readonly scheme: 'tdes' | 'aes'
  readonly sealed: Uint8Array
  readonly checkValue: string
}

export function listMasterKeys(database: Database.Database, owner?: KeyOwner): MasterKeyRow[] {
  const query = sql('master_key as k')
    .leftJoin('key_set as a', (on) => on.on('a.owner', 'k.owner').andOnVal('a.slot', 'active'))
    .leftJoin('key_set as p', (on) => on.on('p.owner', 'k.owner').andOnVal('p.slot', 'pending'))
    .select('k.owner', 'k.scheme', 'k.check_value', 'k.serial_number', 'k.created_ms', {
      active: 'a.generation',
      pending: 'p.generation',
    })
    .orderBy('k.owner')
  if (owner !== undefined) query.where({ 'k.owner': owner })
  return readAll<RawRow>(database, query).map((row) => ({
    owner: row.owner,
    scheme: row.scheme,
    checkValue: row.check_value,
    serialNumber: row.serial_number ?? undefined,
    createdMs: row.created_ms,
    active: row.active ?? undefined,
    pending: row.pending ?? undefined,
  }))
}

interface RawRow {
  owner: string
  scheme: 'tdes' | 'aes'
  check_value: string
  serial_number: string | null
  created_ms: number
  active: number | null
  pending: number | null
}

/** A new master key means a new device or a new agreement: what came under the old one is gone. */
export function putMasterKey(
  journal: StoreJournal,
  key: MasterKey,
  action: 'key issue' | 'key load',
  by: By,
): Promise<ChangeResult> {
  const { owner, scheme, sealed, checkValue } = key
  const row = { owner, scheme, sealed, check_value: checkValue, created_ms: by.atMs }
  return writeChange(journal, {
    action,
    detail: { owner, scheme, checkValue },
    statements: [
      unkept(sql('master_key').where({ owner }).delete()),
      unkept(sql('key_set').where({ owner }).delete()),
      unkept(sql('master_key').insert(row), 1),
      ...unboundTerminal(owner),
    ],
    ...by,
  })
}

/** The new key may be in another device. */
function unboundTerminal(owner: KeyOwner) {
  const [kind, id] = owner.split('/')
  return kind === 'terminal'
    ? [
        statement(
          sql('terminal')
            .where({ id: Number(id) })
            .update({ serial: null }),
        ),
      ]
    : []
}

/** Pending until the first message that verifies under it. */
export function putZoneSet(
  journal: StoreJournal,
  owner: KeyOwner,
  set: SealedKeySet,
  by: By,
): Promise<ChangeResult> {
  const { generation, scheme, macKey, pinKey, dataKey } = set
  const row = {
    ...{ owner, slot: 'pending', generation, scheme, created_ms: by.atMs },
    ...{ mac_key: macKey, pin_key: pinKey, data_key: dataKey ?? null },
  }
  return writeChange(journal, {
    action: 'key zone',
    detail: { owner, generation, scheme },
    statements: [
      unkept(sql('key_set').where({ owner, slot: 'pending' }).delete()),
      unkept(sql('key_set').insert(row), 1),
    ],
    ...by,
  })
}

export function removeKeys(journal: StoreJournal, owner: KeyOwner, by: By): Promise<ChangeResult> {
  return writeChange(journal, {
    action: 'key remove',
    detail: { owner },
    statements: [
      unkept(sql('key_set').where({ owner }).delete()),
      unkept(sql('master_key').where({ owner }).delete(), 1),
    ],
    ...by,
  })
}

function unkept(query: Parameters<typeof statement>[0], expect?: number) {
  return { ...statement(query, expect), unkept: true as const }
}
