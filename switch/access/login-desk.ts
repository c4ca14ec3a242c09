// Lets people in: a name and a password become a session, a token becomes the login it was opened
// for. Wrong, unknown, blocked and locked look and take the same. Every try is in the audit record
// before it is answered.

import type { Actor } from '../../admin-api/actor.ts'
import {
  type Credentials,
  ROLES,
  type Role,
  type Session,
} from '../../admin-api/control-schemas.ts'
import { EvsError } from '../../admin-api/errors.ts'
import { findLogin, type KnownLogin } from '../../voucher-store/admin/logins.ts'
import { isoMoment } from '../../voucher-store/admin/shown.ts'
import type { AccessTools } from './access.ts'

export interface LetIn {
  readonly id: string
  readonly name: string
  readonly roles: readonly Role[]
}

export class LoginDesk {
  readonly #tools: AccessTools

  constructor(tools: AccessTools) {
    this.#tools = tools
  }

  async open(actor: Actor, { name, password }: Credentials): Promise<Session> {
    const login = await this.#proven(actor, name, password)
    const { sessions, settings, wallMs } = this.#tools
    const token = sessions.open(login.name, login.password?.id ?? 0)
    await this.#tools.acts.must({
      action: 'login session',
      ...{ by: login.name, how: asLogin(actor), detail: {} },
    })
    return {
      ...{ name: login.name, roles: rolesOf(login), token },
      idleSeconds: settings.sessionIdleMs / 1_000,
      endsAt: isoMoment(wallMs() + settings.sessionTotalMs),
    }
  }

  /** The password of who has a session already. */
  async prove(actor: Actor, password: string): Promise<KnownLogin> {
    return this.#proven(actor, actor.name, password)
  }

  /** Undefined: no such session, or its login is not what it was when it was opened. */
  find(token: string): LetIn | undefined {
    const session = this.#tools.sessions.find(token)
    if (session === undefined) return undefined
    const login = findLogin(this.#tools.database, session.name)
    if (login?.state === 'active' && login.password?.id === session.passwordId) {
      return { id: session.id, name: login.name, roles: rolesOf(login) }
    }
    this.#tools.sessions.end(session.id)
    return undefined
  }

  locked(name: string): boolean {
    return this.#tools.failures.locked(name, true)
  }

  async #proven(actor: Actor, name: string, password: string): Promise<KnownLogin> {
    const { database, failures, passwords } = this.#tools
    const login = findLogin(database, name)
    const known = login !== undefined
    // Nothing is written for each try at a locked name: the disk would be the next to give way.
    if (failures.locked(name, known)) throw new EvsError('LOGIN_REFUSED')
    const last = failures.begin(name, known)
    const fits = await passwords.fits(login?.password?.verifier, password)
    if (fits && login?.state === 'active') {
      failures.right(name)
      return login
    }
    const { by, how } = { by: actor.name, how: actor.how }
    // What nobody has may be a password that was typed in the wrong place.
    const detail = { login: known ? name : null, locked: last }
    await this.#tools.acts.note({ action: 'login refused', by, how, detail })
    throw new EvsError('LOGIN_REFUSED')
  }
}

function asLogin({ how }: Actor): Actor['how'] {
  return how === undefined ? undefined : { ...how, as: 'login' }
}

export function rolesOf({ roles }: Pick<KnownLogin, 'roles'>): Role[] {
  return ROLES.filter((role) => roles.includes(role))
}
