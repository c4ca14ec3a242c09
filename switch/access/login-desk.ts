// Lets people in: a name and a password become a session, a token becomes the login it was opened
// for. Wrong, unknown, blocked and locked look and take the same. Every try is in the audit record
// before it is answered; at names that nobody has at most one a minute, with their count.

import type { Actor } from '../../admin-api/actor.ts'
import {
  type Credentials,
  ROLES,
  type Role,
  type Session,
} from '../../admin-api/control-schemas.ts'
import { EvsError } from '../../admin-api/errors.ts'
import {
  type Recovery,
  readRecovery,
  recoveryPassword,
} from '../../voucher-store/admin/login-recovery.ts'
import { findLogin, type KnownLogin, type Proof } from '../../voucher-store/admin/logins.ts'
import { isoMoment } from '../../voucher-store/admin/shown.ts'
import type { AccessTools } from './access.ts'
import { Seldom } from './seldom.ts'

export interface LetIn {
  readonly id: string
  readonly name: string
  readonly roles: readonly Role[]
  /** It was opened with the password of a recovery. */
  readonly mustChange?: true
}

/** A login and the password that opens it now. */
interface Opener {
  readonly login: KnownLogin | undefined
  readonly password: KnownLogin['password']
  /** Of this login, in force or not yet. */
  readonly recovery: Recovery | undefined
  readonly recovered: boolean
}

interface Proven extends Proof {
  readonly login: KnownLogin
  readonly recovered: boolean
}

export class LoginDesk {
  readonly #tools: AccessTools
  readonly #unknown: Seldom
  /** How long the last note took. */
  #noteMs = 0

  constructor(tools: AccessTools) {
    this.#tools = tools
    this.#unknown = new Seldom(tools.clock)
  }

  async open(actor: Actor, { name, password }: Credentials): Promise<Session> {
    const { login, passwordId, recovered } = await this.#proven(actor, name, password)
    const { sessions, settings, wallMs } = this.#tools
    const token = sessions.open(login.name, passwordId)
    await this.#tools.acts.must({
      action: 'login session',
      ...{ by: login.name, how: asLogin(actor), detail: recovered ? { recovered } : {} },
    })
    return {
      ...{ name: login.name, roles: rolesOf(login), token },
      idleSeconds: settings.sessionIdleMs / 1_000,
      endsAt: isoMoment(wallMs() + settings.sessionTotalMs),
    }
  }

  /** The password of who has a session already. */
  prove(actor: Actor, password: string): Promise<Proven> {
    return this.#proven(actor, actor.name, password)
  }

  /** Undefined: no such session, or its login is not what it was when it was opened. */
  find(token: string): LetIn | undefined {
    const session = this.#tools.sessions.find(token)
    if (session === undefined) return undefined
    const { login, password, recovered } = this.#openerOf(session.name)
    if (login?.state === 'active' && password?.id === session.passwordId) {
      const { id } = session
      const letIn = { id, name: login.name, roles: rolesOf(login) }
      return recovered ? { ...letIn, mustChange: true } : letIn
    }
    this.#tools.sessions.end(session.id)
    return undefined
  }

  locked(name: string): boolean {
    return this.#tools.failures.locked(name, true)
  }

  /** Asked when the password was computed: it may have been blocked meanwhile. */
  #isActive(name: string): boolean {
    return findLogin(this.#tools.database, name)?.state === 'active'
  }

  /** The password of a recovery is in place of the forgotten one from its time on. */
  #openerOf(name: string): Opener {
    const { database, wallMs } = this.#tools
    const login = findLogin(database, name)
    const any = readRecovery(database)
    const recovery = any?.login === login?.id ? any : undefined
    if (recovery === undefined || wallMs() < recovery.validMs) {
      return { login, password: login?.password, recovery, recovered: false }
    }
    return { login, password: recoveryPassword(database, recovery), recovery, recovered: true }
  }

  async #proven(actor: Actor, name: string, given: string): Promise<Proven> {
    const { failures, passwords } = this.#tools
    const { login, password, recovery, recovered } = this.#openerOf(name)
    const known = login !== undefined
    // Nothing is written for each try at a locked name: the disk would be the next to give way.
    if (failures.locked(name, known)) throw new EvsError('LOGIN_REFUSED')
    const last = failures.begin(name, known)
    const fits = await passwords.fits(password?.verifier, given).catch((error: unknown) => {
      failures.takeBack(name, known)
      throw error
    })
    if (fits && password !== undefined && login !== undefined && this.#isActive(name)) {
      failures.right(name)
      return { login, passwordId: password.id, recovery, recovered }
    }
    // What nobody has may be a password that was typed in the wrong place.
    if (known) await this.#note(actor, { login: name, locked: last })
    else await this.#noteUnknown(actor, last)
    throw new EvsError('LOGIN_REFUSED')
  }

  async #note({ name: by, how }: Actor, detail: Record<string, unknown>): Promise<void> {
    const { acts, clock } = this.#tools
    const fromMs = clock.monotonicMs()
    await acts.note({ action: 'login refused', by, how, detail })
    this.#noteMs = clock.monotonicMs() - fromMs
  }

  /** Names that nobody has are without end. What is not noted takes as long as if it were. */
  async #noteUnknown(actor: Actor, locked: boolean): Promise<void> {
    const times = this.#unknown.times()
    if (times !== undefined) return this.#note(actor, { login: null, locked, times })
    await new Promise<void>((done) => this.#tools.clock.after(this.#noteMs, done))
  }
}

function asLogin({ how }: Actor): Actor['how'] {
  return how === undefined ? undefined : { ...how, as: 'login' }
}

export function rolesOf({ roles }: Pick<KnownLogin, 'roles'>): Role[] {
  return ROLES.filter((role) => roles.includes(role))
}
