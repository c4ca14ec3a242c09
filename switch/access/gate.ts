// The gate before every operation of the admin API: who asks, whether that one may, and whether a
// second person approved exactly this. It obeys the table `admin-api/access.ts`. What it refuses is
// in the audit record; requests without any session from TCP at most once a minute, with their
// count.

import { ACCESS, type Access } from '../../admin-api/access.ts'
import type { Actor } from '../../admin-api/actor.ts'
import { EvsError } from '../../admin-api/errors.ts'
import type { RouteName } from '../../admin-api/routes.ts'
import { findLogin } from '../../voucher-store/admin/logins.ts'
import { isoMoment } from '../../voucher-store/admin/shown.ts'
import type { AccessTools } from './access.ts'
import type { Asking, Request } from './approvals.ts'
import { stageOf } from './bootstrap.ts'
import { type LetIn, LoginDesk } from './login-desk.ts'
import { Seldom } from './seldom.ts'

export interface Caller {
  readonly from: 'socket' | 'tcp' | 'stopped'
  /** As the command says; nothing of TCP is believed. */
  readonly user: string
  readonly token: string | undefined
}

/** What a request gave, after its checks; a file that it streams is not among it. */
export interface Given {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
}

export interface Gate {
  /** The actor, or a refusal that is in the audit record. */
  enter(name: RouteName, caller: Caller, given: Given): Promise<Actor>
  /** An act that was let in and then refused goes into the audit record too. */
  failed(name: RouteName, actor: Actor, given: Given, code: string): Promise<void>
}

/** What a session does that was opened with the password of a recovery. */
const FIRST: ReadonlySet<RouteName> = new Set(['changePassword', 'endSession'])

export class AccessGate implements Gate {
  readonly #tools: AccessTools
  readonly #desk: LoginDesk
  readonly #unknown: Seldom

  constructor(tools: AccessTools, desk = new LoginDesk(tools)) {
    this.#unknown = new Seldom(tools.clock)
    this.#tools = tools
    this.#desk = desk
  }

  async enter(name: RouteName, caller: Caller, given: Given): Promise<Actor> {
    const rule = ACCESS[name]
    const session = caller.token === undefined ? undefined : this.#desk.find(caller.token)
    const actor = actorOf(caller, session)
    if (rule.stopped === true && caller.from !== 'stopped') {
      await this.failed(name, actor, given, 'CONFLICT')
      throw new EvsError('CONFLICT', { message: 'the switch runs', hint: 'stop it first' })
    }
    if (session?.mustChange === true && !FIRST.has(name)) {
      await this.failed(name, actor, given, 'NOT_ALLOWED')
      const message = `${session.name} was recovered: a password of its own comes first`
      throw new EvsError('NOT_ALLOWED', { message, hint: '`evs login password` changes it' })
    }
    if (rule.open === true) return this.#openOnly(caller, actor)
    const two = needsTwo(rule, given.body) && !this.#alone(name)
    if (session === undefined) {
      if (caller.from !== 'tcp') {
        if (!two && rule.login !== true) return actor
        if (name === 'addLogin' && stageOf(this.#tools.database) === 'nobody') return actor
      }
      await this.#noteUnknown(name, actor, given)
      throw loginRequired(caller)
    }
    const mustHaveRole = caller.from === 'tcp' || rule.login === true || two
    if (mustHaveRole && !rule.roles.some((role) => session.roles.includes(role))) {
      await this.failed(name, actor, given, 'NOT_ALLOWED')
      const message = `${session.name} may not do that: it needs ${rule.roles.join(' or ')}`
      throw new EvsError('NOT_ALLOWED', { message })
    }
    const asked = rule.proves === true ? await this.#proved(actor, given) : given
    return two ? this.#withConsent(name, rule, actor, asked) : actor
  }

  async failed(name: RouteName, actor: Actor, given: Given, code: string): Promise<void> {
    const { reads, open } = ACCESS[name]
    // Who is not let in is noted at the desk, and only as often as the disk can bear.
    if ((reads === true || open === true) && code !== 'NOT_ALLOWED') return
    const detail = { act: name, code, on: given.params ?? null }
    await this.#tools.acts.note({ action: 'refused', by: actor.name, how: actor.how, detail })
  }

  /** Before anybody is asked for consent, and before an approval is spent. */
  async #proved(actor: Actor, given: Given): Promise<Given> {
    const { password, ...body } = Object(given.body) as { password?: unknown }
    await this.#desk.prove(actor, String(password))
    return { ...given, body }
  }

  /** Over a stopped switch there is nothing that a session could live in. */
  #openOnly(caller: Caller, actor: Actor): Actor {
    if (caller.from !== 'stopped') return actor
    throw new EvsError('SWITCH_UNREACHABLE', {
      message: 'the switch is stopped, and a session lives in the running switch',
      hint: 'start it with `evs serve`',
    })
  }

  /** Among the first logins there is nobody to ask. */
  #alone(name: RouteName): boolean {
    return name === 'addLogin' && stageOf(this.#tools.database) !== 'over'
  }

  async #withConsent(name: RouteName, rule: Access, actor: Actor, given: Given): Promise<Actor> {
    const { approvals, acts } = this.#tools
    const shown = shownOf(rule, given)
    const { request, isNew } = this.#request({ act: name, askedBy: actor.name, given, shown })
    const { id, decidedBy = '' } = request
    if (request.state === 'approved') {
      approvals.remove(id)
      const how = actor.how
      return how === undefined
        ? actor
        : { ...actor, how: { ...how, approval: id, consentBy: decidedBy } }
    }
    if (request.state === 'denied') {
      approvals.remove(id)
      throw new EvsError('NOT_ALLOWED', {
        message: `${decidedBy} denied request ${id}`,
        hint: 'talk to each other; the same command asks anew',
      })
    }
    if (isNew) {
      const detail = { approval: id, act: name, given: shown }
      await acts
        .must({ action: 'approval request', by: actor.name, how: actor.how, detail })
        .catch((error: unknown) => {
          approvals.remove(id)
          throw error
        })
    }
    throw approvalNeeded(request)
  }

  /** What was approved by a login that is none any more is asked anew. */
  #request(asking: Asking): ReturnType<AccessTools['approvals']['ask']> {
    const { approvals, database } = this.#tools
    const found = approvals.ask(asking)
    const { id, state, decidedBy = '' } = found.request
    if (state !== 'approved' || findLogin(database, decidedBy)?.state === 'active') return found
    approvals.remove(id)
    return approvals.ask(asking)
  }

  async #noteUnknown(name: RouteName, actor: Actor, given: Given): Promise<void> {
    if (actor.how?.from !== 'tcp') return this.failed(name, actor, given, 'LOGIN_REQUIRED')
    const times = this.#unknown.times()
    if (times === undefined) return
    const detail = { act: name, code: 'LOGIN_REQUIRED', times }
    await this.#tools.acts.note({ action: 'refused', by: actor.name, how: actor.how, detail })
  }
}

function actorOf({ from, user }: Caller, session: LetIn | undefined): Actor {
  if (session === undefined) {
    return { name: from === 'tcp' ? 'unknown' : user, how: { as: 'user', from } }
  }
  const { id, name, roles, mustChange } = session
  const kept = { id, roles, ...(mustChange === undefined ? {} : { mustChange }) }
  return { name, how: { as: 'login', from }, session: kept }
}

function needsTwo({ twoPersons }: Access, body: unknown): boolean {
  if (twoPersons === undefined || twoPersons === true) return twoPersons === true
  const value = (Object(body) as Record<string, unknown>)[twoPersons.field]
  return twoPersons.values.includes(String(value))
}

/** The path says what is acted on: nothing of the same name takes its place. */
function shownOf({ hidden = [] }: Access, { params, query, body }: Given): Record<string, unknown> {
  const members = Object.entries({ ...Object(query), ...Object(body), ...Object(params) })
  return Object.fromEntries(
    members.map(([name, value]) => [name, hidden.includes(name) ? '***' : value]),
  )
}

function loginRequired({ from }: Caller): EvsError {
  if (from !== 'stopped') return new EvsError('LOGIN_REQUIRED')
  const hint = 'start the switch with `evs serve`: a session lives in it'
  return new EvsError('LOGIN_REQUIRED', { hint })
}

function approvalNeeded({ id, endsMs }: Request): EvsError {
  const endsAt = isoMoment(endsMs)
  return new EvsError('APPROVAL_NEEDED', {
    message: `a second person must approve this: request ${id}, until ${endsAt}`,
    hint: `another login runs \`evs approval approve ${id}\`; then run the same command again`,
    details: { approval: id, endsAt },
  })
}
