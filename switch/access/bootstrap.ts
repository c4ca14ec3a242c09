// The first logins, when there is nobody yet who could be asked. The first one is added by whoever
// may open the socket or the data; the second by the first; both must be security officers. After
// that a login is added by two. Removed and blocked ones count: nobody gets back to the beginning.

import { listLogins } from '../../voucher-store/admin/logins.ts'
import type { Store } from '../../voucher-store/store.ts'

type Database = Store['database']

export type Stage = 'nobody' | 'one officer' | 'over'

const OFFICER = 'security-officer'

export function stageOf(database: Database): Stage {
  const logins = listLogins(database)
  if (logins.length === 0) return 'nobody'
  const officers = logins.filter(({ roles }) => roles.includes(OFFICER))
  return officers.length < 2 ? 'one officer' : 'over'
}

/** Whether without this login fewer than two security officers could still act. */
export function isNeeded(database: Database, name: string): boolean {
  const active = listLogins(database).filter(
    ({ roles, state }) => roles.includes(OFFICER) && state === 'active',
  )
  return active.length <= 2 && active.some((login) => login.name === name)
}
