// Named logins and what their passwords are verified with. A verifier never reaches the journal:
// only its digest does, which says that it was changed by a hand and helps nobody to guess, for the
// salt in it is as long as a key. Who may change what is not decided here.

import type Database from 'better-sqlite3'
import type { Statement } from '../store-record.ts'
import { type ChangeResult, type StoreJournal, writeChange } from './admin-write.ts'
import { passwordInsert, verifierDigest } from './login-passwords.ts'
import { endOfRecovery, type Recovery, recoveryIsStill } from './login-recovery.ts'
import type { By } from './merchants.ts'
import { officersRemain, stillAlone } from './officers.ts'
import { isoMoment } from './shown.ts'
import { nextId, readAll, readOne, sql, statement } from './statements.ts'

export type LoginState = 'active' | 'blocked' | 'removed'

export interface LoginRow {
  readonly id: number
  readonly name: string
  readonly roles: readonly string[]
  readonly state: LoginState
  readonly createdAt: string
}

/** With the row that verifies its password; a removed login has none. */
export interface KnownLogin extends LoginRow {
  readonly password: { readonly id: number; readonly verifier: string } | undefined
}

export function listLogins(database: Database.Database): LoginRow[] {
  return readAll<RawLogin>(database, sql('login').select('*').orderBy('id')).map(shownLogin)
}

export function findLogin(database: Database.Database, name: string): KnownLogin | undefined {
  const row = readOne<RawLogin>(database, sql('login').select('*').where({ name }))
  if (row === undefined) return undefined
  const query = sql('login_password').select('id', 'verifier').where({ login: row.id })
  const password = readOne<{ id: number; verifier: string }>(database, query)
  return { ...shownLogin(row), password }
}

export function addLogin(
  store: { readonly journal: StoreJournal; readonly database: Database.Database },
  login: {
    readonly name: string
    readonly roles: readonly string[]
    readonly verifier: string
    /** Among the first: nobody could be asked for consent. Refused when that is over. */
    readonly alone: 'nobody' | 'one officer' | undefined
  },
  by: By,
): Promise<ChangeResult> {
  const { journal, database } = store
  const { name, roles, verifier, alone } = login
  const id = nextId(database, 'login')
  const password = { id: nextId(database, 'login_password'), login: id, verifier }
  const row = { id, name, roles: roles.join(' '), state: 'active', created_ms: by.atMs }
  return writeChange(journal, {
    action: 'login add',
    detail: {
      ...{ id, name, roles },
      ...{ bootstrap: alone !== undefined, verifier: verifierDigest(verifier) },
    },
    statements: [
      ...(alone === undefined ? [] : [stillAlone(alone)]),
      statement(sql('login').insert(row), 1),
      passwordInsert(password, by.atMs),
    ],
    ...by,
  })
}

/** What the right to another password was proved with. */
export interface Proof {
  readonly passwordId: number
  /** As it was then; undefined: there was none of that login. */
  readonly recovery: Recovery | undefined
}

/**
 * Refused as changed when the login was removed meanwhile; with a proof also when its login was
 * blocked, or when that password is not in its place any more.
 */
export function setPassword(
  store: { readonly journal: StoreJournal; readonly database: Database.Database },
  { id, name }: LoginRow,
  verifier: string,
  by: By,
  proof?: Proof,
): Promise<ChangeResult> {
  const { journal, database } = store
  const password = { id: nextId(database, 'login_password'), login: id, verifier }
  return writeChange(journal, {
    action: 'login password',
    detail: { id, name, verifier: verifierDigest(verifier) },
    statements: [
      isStill(id, proof === undefined ? ['active', 'blocked'] : ['active']),
      ...(proof === undefined ? [] : proofHolds(id, proof)),
      statement(sql('login_password').where({ login: id }).delete()),
      passwordInsert(password, by.atMs),
      ...endOfRecovery(id),
    ],
    ...by,
  })
}

/** Changes nothing, and refuses the record when it is otherwise. */
function isStill(id: number, states: readonly LoginState[]): Statement {
  const row = sql('login').where({ id }).whereIn('state', states)
  return statement(row.update({ state: sql.ref('state') }), 1)
}

function proofHolds(id: number, { passwordId, recovery }: Proof): Statement[] {
  const password = sql('login_password').where({ id: passwordId })
  return [statement(password.update({ login: sql.ref('login') }), 1), recoveryIsStill(id, recovery)]
}

const MOVES = {
  block: { from: ['active'], to: 'blocked' },
  unblock: { from: ['blocked'], to: 'active' },
  remove: { from: ['active', 'blocked'], to: 'removed' },
} as const satisfies Record<string, { from: readonly LoginState[]; to: LoginState }>

export function moveLogin(
  journal: StoreJournal,
  { id, name }: LoginRow,
  move: keyof typeof MOVES,
  by: By,
): Promise<ChangeResult> {
  const { from, to } = MOVES[move]
  const row = sql('login').where({ id }).whereIn('state', from).update({ state: to })
  const gone = [
    statement(sql('login_password').where({ login: id }).delete()),
    ...endOfRecovery(id),
  ]
  return writeChange(journal, {
    action: `login ${move}`,
    detail: { id, name },
    statements: [
      ...(move === 'unblock' ? [] : [officersRemain(id)]),
      statement(row, 1),
      ...(move === 'remove' ? gone : []),
    ],
    ...by,
  })
}

interface RawLogin {
  id: number
  name: string
  roles: string
  state: LoginState
  created_ms: number
}

function shownLogin({ id, name, roles, state, created_ms }: RawLogin): LoginRow {
  return { id, name, roles: roles.split(' '), state, createdAt: isoMoment(created_ms) }
}
