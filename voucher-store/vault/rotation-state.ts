// A rotation of data keys as the store remembers it: begun before the first new key is made and
// ended with the removal of the last old one, so that a process that died in between goes on with
// it. Which keys are new is told by their numbers; which rows are done, by the rows themselves.

import type Database from 'better-sqlite3'
import { type ChangeResult, type StoreJournal, writeChange } from '../admin/admin-write.ts'
import type { By } from '../admin/merchants.ts'
import { isAmong, nextId, readAll, sql, statement } from '../admin/statements.ts'
import { batchCode } from '../codes.ts'
import { metaOf } from '../meta.ts'

export interface Rotation {
  /** Keys with lower numbers are replaced. */
  readonly before: number
  /** Null: all batches, card numbers, and the keys of terminals and zones. */
  readonly batch: number | null
}

interface Ports {
  readonly database: Database.Database
  readonly journal: StoreJournal
}

const NAME = 'vault-rotation'
const row = () => sql('meta').where({ name: NAME })

export function rotationOf(database: Database.Database): Rotation | undefined {
  const value = metaOf(database, NAME)
  return value === undefined ? undefined : (JSON.parse(value) as Rotation)
}

export function beginRotation(
  { database, journal }: Ports,
  batch: number | null,
  by: By,
): Promise<ChangeResult> {
  const rotation: Rotation = { before: nextId(database, 'vault_key'), batch }
  return writeChange(journal, {
    action: 'vault rotate data',
    detail: { ...rotation },
    statements: [statement(sql('meta').insert({ name: NAME, value: JSON.stringify(rotation) }), 1)],
    ...by,
  })
}

/**
 * The new keys seal from here on. What was sealed under an old one a moment ago was handed to the
 * journal before this, and is a row when this is written.
 */
export function markSealing(journal: StoreJournal, by: By): Promise<ChangeResult> {
  const statements = [statement(row().update({ name: NAME }), 1)]
  return writeChange(journal, { action: 'vault keys in force', detail: {}, statements, ...by })
}

/** Removes keys that no row is sealed under any more. */
export function endRotation(
  journal: StoreJournal,
  keys: readonly number[],
  by: By,
): Promise<ChangeResult> {
  const batches = sql('batch').whereRaw('batch.vault_key = vault_key.id')
  const unused = sql('vault_key').where(isAmong('id', keys)).whereNotExists(batches)
  return writeChange(journal, {
    action: 'vault rotate data done',
    detail: { removed: keys },
    statements: [statement(unused.delete(), keys.length), statement(row().delete(), 1)],
    ...by,
  })
}

export interface RotatingBatch {
  readonly id: number
  readonly key: number
  /** It is being imported: a key of before is in use, and is rotated another time. */
  readonly loading: boolean
}

export function batchesOf(database: Database.Database, batch: number | null): RotatingBatch[] {
  const query = sql('batch').select('id', { key: 'vault_key' }, 'state').orderBy('id')
  if (batch !== null) query.where({ id: batch })
  return readAll<{ id: number; key: number; state: number }>(database, query).map(
    ({ id, key, state }) => ({ id, key, loading: state === batchCode('loading') }),
  )
}
