// Master keys of terminals and zones, and zone sets that wait for their first message: lists and
// changes. The journal tells whose key was set, by whom and with which check value; the key itself,
// sealed as it is, is in its table only.

import type Database from 'better-sqlite3'
import type { KeyOwner, SealedKeySet } from '../../switch/core/key-store.ts'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import type { By } from './merchants.ts'
import { readAll, sql, statement, unkept } from './statements.ts'

export interface MasterKeyRow {
  readonly owner: KeyOwner
  /** Undefined where the owner is no terminal. */
  readonly terminal: TerminalNumbers | undefined
  readonly scheme: 'tdes' | 'aes'
  readonly checkValue: string
  readonly serialNumber: string | undefined
  readonly createdMs: number
  readonly active: number | undefined
  readonly pending: number | undefined
}

export interface TerminalNumbers {
  readonly institution: number
  readonly mid: string
  readonly tid: string
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
    .leftJoin('terminal as t', (on) => on.on('t.id', '=', TERMINAL_OF_OWNER))
    .leftJoin('merchant as m', 'm.id', 't.merchant')
    .select('t.tid', 'm.mid', 'm.institution')
    .select('k.owner', 'k.scheme', 'k.check_value', 'k.serial_number', 'k.created_ms', {
      active: 'a.generation',
      pending: 'p.generation',
    })
    .orderBy('k.owner')
  if (owner !== undefined) query.where({ 'k.owner': owner })
  return readAll<RawRow>(database, query).map((row) => ({
    owner: row.owner,
    terminal: terminalOf(row),
    scheme: row.scheme,
    checkValue: row.check_value,
    serialNumber: row.serial_number ?? undefined,
    createdMs: row.created_ms,
    active: row.active ?? undefined,
    pending: row.pending ?? undefined,
  }))
}

/** `terminal/7`; of another owner the number of no terminal. */
const TERMINAL_OF_OWNER = sql.raw(
  "case when k.owner like 'terminal/%' then cast(substr(k.owner, 10) as integer) end",
)

function terminalOf({ institution, mid, tid }: RawRow): TerminalNumbers | undefined {
  if (institution === null || mid === null || tid === null) return undefined
  return { institution, mid, tid }
}

interface RawRow {
  owner: string
  institution: number | null
  mid: string | null
  tid: string | null
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

/**
 * Pending until the first message that verifies under it. Refused when the master key that it was
 * made under, `under` by its check value, was replaced or removed meanwhile, and when another set
 * of its number or a later one was written: of two made at once the first was handed out.
 */
export function putZoneSet(
  journal: StoreJournal,
  { owner, under }: { readonly owner: KeyOwner; readonly under: string },
  set: SealedKeySet,
  by: By,
): Promise<ChangeResult> {
  const master = { owner, check_value: under }
  const { generation, scheme, macKey, pinKey, dataKey } = set
  const later = sql('key_set').where({ owner }).where('generation', '>=', generation)
  const row = {
    ...{ owner, slot: 'pending', generation, scheme, created_ms: by.atMs },
    ...{ mac_key: macKey, pin_key: pinKey, data_key: dataKey ?? null },
  }
  return writeChange(journal, {
    action: 'key zone',
    detail: { owner, generation, scheme },
    statements: [
      unkept(sql('master_key').where(master).whereNotExists(later).update(master), 1),
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

/** A key as it lies in its table, and what it is sealed for. */
export interface SealedKeyRow {
  readonly table: 'master_key' | 'key_set'
  readonly column: 'sealed' | 'mac_key' | 'pin_key' | 'data_key'
  readonly owner: KeyOwner
  readonly scheme: 'tdes' | 'aes'
  /** Of its set; a master key has none. */
  readonly generation: number
  readonly sealed: Buffer
}

/** Each is a part of the walk over all keys, by the primary key of its table. */
const SEALED_COLUMNS = [
  ['master_key', 'sealed', '0', 'owner'],
  ['key_set', 'mac_key', 'generation', 'owner, slot'],
  ['key_set', 'pin_key', 'generation', 'owner, slot'],
  ['key_set', 'data_key', 'generation', 'owner, slot'],
] as const satisfies readonly (readonly [
  table: SealedKeyRow['table'],
  column: SealedKeyRow['column'],
  generation: string,
  primaryKey: string,
])[]

/** How far a walk over all keys has come: the part, and the last row of it that was looked at. */
export interface KeyPlace {
  readonly part: number
  readonly owner: string
  readonly slot: string
}

export const FIRST_KEY: KeyPlace = { part: 0, owner: '', slot: '' }

export interface KeyStep {
  readonly keys: SealedKeyRow[]
  /** Undefined after the last key. */
  readonly next: KeyPlace | undefined
}

/**
 * The next step of a walk: of so many keys those that are sealed under another storage key than
 * this one. It looks at no key before its place, so that all steps cost the same. A set that comes
 * into force meanwhile may move to before it: that is for the next walk.
 */
export function keysNotUnder(
  database: Database.Database,
  storageKey: number,
  { after, most }: { readonly after: KeyPlace; readonly most: number },
): KeyStep {
  const [table, column, generation, primaryKey] = SEALED_COLUMNS[after.part] ?? SEALED_COLUMNS[0]
  const place = primaryKey === 'owner' ? '@owner' : '@owner, @slot'
  const rows = database
    .prepare(
      `select '${table}' as "table", '${column}' as "column", scheme,
         ${generation} as generation, ${column} as sealed, ${primaryKey}
       from ${table} where (${primaryKey}) > (${place}) order by ${primaryKey} limit @most`,
    )
    .all({ ...after, most }) as (SealedKeyRow & { readonly slot?: string })[]
  const head = Buffer.alloc(4)
  head.writeUInt32BE(storageKey)
  // There may be no data key; a damaged row may hold anything.
  const keys = rows.filter(
    ({ sealed }) => Buffer.isBuffer(sealed) && !sealed.subarray(0, head.length).equals(head),
  )
  const last = rows.length < most ? undefined : rows.at(-1)
  if (last !== undefined) {
    return { keys, next: { part: after.part, owner: last.owner, slot: last.slot ?? '' } }
  }
  const part = after.part + 1
  return { keys, next: part < SEALED_COLUMNS.length ? { ...FIRST_KEY, part } : undefined }
}

/** Rows that still hold what was read: a key may be replaced or removed meanwhile. */
export function resealKeys(
  journal: StoreJournal,
  rows: readonly (readonly [row: SealedKeyRow, resealed: Uint8Array])[],
  by: By,
): Promise<ChangeResult> {
  const statements = rows.map(([{ table, column, owner, sealed }, resealed]) =>
    unkept(
      sql(table)
        .where({ owner, [column]: sealed })
        .update({ [column]: resealed }),
    ),
  )
  const detail = { keys: rows.length }
  return writeChange(journal, { action: 'vault reseal keys', detail, statements, ...by })
}
