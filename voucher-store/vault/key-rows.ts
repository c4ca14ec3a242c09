// The keys of the store as they lie there, and new ones beside them. A new key is durable before
// anything is sealed under it, and is made in the ring's turn, so that no rotation of the
// key-encryption key misses it.

import type Database from 'better-sqlite3'
import { type ChangeResult, type StoreJournal, writeChange } from '../admin/admin-write.ts'
import type { By } from '../admin/merchants.ts'
import { nextId, readAll, sql, statement } from '../admin/statements.ts'
import type { Statement } from '../store-record.ts'
import type { Kek } from './kek.ts'
import { type KeyPurpose, type KeyRing, type WrappedKey, wrapNewKey } from './vault.ts'

export interface KeyPorts {
  readonly database: Database.Database
  readonly journal: StoreJournal
  readonly kek: Kek
  readonly ring: KeyRing
}

export interface KeyRow {
  readonly id: number
  readonly purpose: string
  readonly createdMs: number
  /** Whose key it is; null for keys of no batch, and for keys that a rotation replaced. */
  readonly batch: number | null
}

export function wrappedKeys(database: Database.Database): WrappedKey[] {
  return database.prepare('select id, purpose, wrapped from vault_key').all() as WrappedKey[]
}

export function listKeys(database: Database.Database): KeyRow[] {
  const query = sql('vault_key as k')
    .leftJoin('batch as b', 'b.vault_key', 'k.id')
    .select('k.id', 'k.purpose', { createdMs: 'k.created_ms', batch: 'b.id' })
    .orderBy('k.id')
  return readAll<KeyRow>(database, query)
}

export interface NewKey {
  readonly purpose: KeyPurpose
  readonly detail: Readonly<Record<string, unknown>>
  /** What else its record does. */
  readonly also: (id: number) => readonly Statement[]
}

/** Writes a key and takes it into the ring: what is sealed from then on is sealed under it. */
export function addKey(ports: KeyPorts, key: NewKey, by: By): Promise<ChangeResult> {
  return ports.ring.inTurn(() => addKeyInTurn(ports, key, by))
}

/** The same for one who has the turn. */
export async function addKeyInTurn(
  { database, journal, kek, ring }: KeyPorts,
  { purpose, detail, also }: NewKey,
  by: By,
): Promise<ChangeResult> {
  const wrapped = wrapNewKey(kek, nextId(database, 'vault_key'), purpose)
  const { id } = wrapped
  const insert: Statement = {
    ...statement(sql('vault_key').insert({ ...wrapped, created_ms: by.atMs }), 1),
    copied: { table: 'vault_key', first: id, rows: 1 },
  }
  const result = await writeChange(journal, {
    action: 'vault key add',
    detail: { key: id, purpose, ...detail },
    statements: [insert, ...also(id)],
    ...by,
  })
  if (result.kind === 'written') ring.add(kek, wrapped)
  return result
}
