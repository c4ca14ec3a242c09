// What must hold of the security officers when a login is added, blocked or removed, as parts of
// the commit that does it: looked at before, it may be otherwise by then. Each is a statement that
// changes nothing and refuses the record. When which one is asked for is not decided here.

import type { Statement } from '../store-record.ts'
import { sql, statement } from './statements.ts'

export const OFFICER = 'security-officer'

/** So many must still be able to act. */
export const OFFICERS_LEAST = 2

/** For a login that is added without a second person: before any, or beside the one officer. */
export function stillAlone(as: 'nobody' | 'one officer'): Statement {
  const logins = sql('login').update({ state: sql.ref('state') })
  return as === 'nobody' ? statement(logins, 0) : statement(logins.whereRaw(isOfficer()), 1)
}

/** This login can be spared: no officer who could act, or enough others can. */
export function officersRemain(id: number): Statement {
  const active = `state = 'active' and ${isOfficer()}`
  return statement(
    sql('login')
      .where({ id })
      .whereRaw(
        `(not (${active}) or (select count(*) from login where ${active}) > ${OFFICERS_LEAST})`,
      )
      .update({ state: sql.ref('state') }),
    1,
  )
}

/** Roles stand in one column, with a space between them. */
function isOfficer(): string {
  return `' ' || roles || ' ' like '% ${OFFICER} %'`
}
