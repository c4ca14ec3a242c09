// The storage key of the security module, in a store from before there was one: made once, by the
// first process that opens such a store for writing.

import type Database from 'better-sqlite3'
import { type ChangeResult, type StoreJournal, writeChange } from '../admin/admin-write.ts'
import { nextId, sql, statement } from '../admin/statements.ts'
import { type KeyRing, wrapNewKey } from './vault.ts'

export interface ModuleKeyPorts {
  readonly database: Database.Database
  readonly journal: StoreJournal
  readonly kek: Buffer
  readonly ring: KeyRing
}

/** Undefined: it is there. Otherwise what became of the attempt. */
export async function addModuleKey(
  { database, journal, kek, ring }: ModuleKeyPorts,
  atMs: number,
): Promise<ChangeResult | undefined> {
  if (ring.has('module')) return undefined
  const key = wrapNewKey(kek, nextId(database, 'vault_key'), 'module')
  const result = await writeChange(journal, {
    action: 'vault key add',
    detail: { key: key.id, purpose: 'module' },
    statements: [
      {
        ...statement(sql('vault_key').insert({ ...key, created_ms: atMs }), 1),
        copied: { table: 'vault_key', first: key.id, rows: 1 },
      },
    ],
    by: 'start',
    atMs,
  })
  if (result.kind === 'written') ring.add(kek, key)
  return result
}
