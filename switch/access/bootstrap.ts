// The first logins, when there is nobody yet who could be asked. The first one is added by whoever
// may open the socket or the data; the second by the first; both must be security officers. After
// that a login is added by two. Removed and blocked ones count: nobody gets back to the beginning.

import type { Actor } from '../../admin-api/actor.ts'
import { listLogins } from '../../voucher-store/admin/logins.ts'
import { OFFICER, OFFICERS_LEAST } from '../../voucher-store/admin/officers.ts'
import type { Store } from '../../voucher-store/store.ts'

type Database = Store['database']

export type Stage = 'nobody' | 'one officer' | 'over'

export function stageOf(database: Database): Stage {
  const logins = listLogins(database)
  if (logins.length === 0) return 'nobody'
  const officers = logins.filter(({ roles }) => roles.includes(OFFICER))
  return officers.length < 2 ? 'one officer' : 'over'
}

/** As whom the gate let in who adds a login without a second person; undefined: with one. */
export function aloneAs({ how, session }: Actor): Exclude<Stage, 'over'> | undefined {
  if (how?.consentBy !== undefined) return undefined
  return session === undefined ? 'nobody' : 'one officer'
}

/** Whether without this login fewer than two security officers could still act. */
export function isNeeded(database: Database, name: string): boolean {
  const active = listLogins(database).filter(
    ({ roles, state }) => roles.includes(OFFICER) && state === 'active',
  )
  return active.length <= OFFICERS_LEAST && active.some((login) => login.name === name)
}
