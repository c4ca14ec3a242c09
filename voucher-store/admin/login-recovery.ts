// The recovery of a security officer's login whose password is forgotten: one at a time. The new
// password waits beside the one of before, under the negative number of its login, and what it is
// about stands in `meta`. When it is in force, and who may end it, is decided by the caller.

import type Database from 'better-sqlite3'
import { metaOf } from '../meta.ts'
import type { Statement } from '../store-record.ts'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import { passwordInsert, verifierDigest } from './login-passwords.ts'
import type { By } from './merchants.ts'
import { nextId, readOne, sql, statement } from './statements.ts'

const META = 'login-recovery'

export interface Recovery {
  /** The login, by number and name. */
  readonly login: number
  readonly name: string
  readonly askedMs: number
  /** From then on its password is in place of the one of before. */
  readonly validMs: number
}

export function readRecovery(database: Database.Database): Recovery | undefined {
  const value = metaOf(database, META)
  return value === undefined ? undefined : (JSON.parse(value) as Recovery)
}

export function recoveryPassword(
  database: Database.Database,
  { login }: Recovery,
): { readonly id: number; readonly verifier: string } | undefined {
  const query = sql('login_password').select('id', 'verifier').where({ login: -login })
  return readOne<{ id: number; verifier: string }>(database, query)
}

/** Refused as `taken` while there is another one. */
export function startRecovery(
  store: { readonly journal: StoreJournal; readonly database: Database.Database },
  login: { readonly id: number; readonly name: string },
  { verifier, validMs }: { readonly verifier: string; readonly validMs: number },
  by: By,
): Promise<ChangeResult> {
  const { id, name } = login
  const value = { login: id, name, askedMs: by.atMs, validMs } satisfies Recovery
  const password = { id: nextId(store.database, 'login_password'), login: -id, verifier }
  const validFrom = new Date(validMs).toISOString()
  return writeChange(store.journal, {
    action: 'login recover',
    detail: { id, name, recovery: true, validFrom, verifier: verifierDigest(verifier) },
    statements: [
      statement(sql('meta').insert({ name: META, value: JSON.stringify(value) }), 1),
      passwordInsert(password, by.atMs),
    ],
    ...by,
  })
}

/** Another officer agrees: it is in force from now on. */
export function consentToRecovery(
  journal: StoreJournal,
  recovery: Recovery,
  by: By,
): Promise<ChangeResult> {
  const { login: id, name } = recovery
  const before = JSON.stringify(recovery)
  const value = JSON.stringify({ ...recovery, validMs: by.atMs } satisfies Recovery)
  return writeChange(journal, {
    action: 'login recovery approve',
    detail: { id, name },
    statements: [statement(sql('meta').where({ name: META, value: before }).update({ value }), 1)],
    ...by,
  })
}

export function cancelRecovery(
  journal: StoreJournal,
  { login: id, name }: Recovery,
  by: By,
): Promise<ChangeResult> {
  return writeChange(journal, {
    action: 'login recovery cancel',
    detail: { id, name },
    // It may have ended meanwhile, with a new password that stays in force.
    statements: [isThere(id), ...endOfRecovery(id)],
    ...by,
  })
}

/** Changes nothing, and refuses the record when the recovery of that login is not this one. */
export function recoveryIsStill(id: number, recovery: Recovery | undefined): Statement {
  if (recovery === undefined) return isThere(id, 0)
  const value = JSON.stringify(recovery)
  const row = sql('meta').where({ name: META, value })
  return statement(row.update({ value: sql.ref('value') }), 1)
}

function isThere(id: number, expect = 1): Statement {
  return statement(recoveryOf(id).update({ value: sql.ref('value') }), expect)
}

/** Of that login; nothing where there is none. A new password and a removal bring it. */
export function endOfRecovery(id: number): Statement[] {
  return [
    statement(recoveryOf(id).delete()),
    statement(sql('login_password').where({ login: -id }).delete()),
  ]
}

function recoveryOf(id: number) {
  const isOf = sql.raw("json_extract(value, '$.login') = ?", [id])
  return sql('meta').where({ name: META }).andWhere(isOf)
}
