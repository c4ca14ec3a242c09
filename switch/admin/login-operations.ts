// Logins, sessions and approvals. The gate has let the actor in and has seen to the second person;
// here stands what the first logins must be, that two security officers remain, and that nobody
// approves what he asked for himself.

import { ACCESS } from '../../admin-api/access.ts'
import type { Actor } from '../../admin-api/actor.ts'
import type { ControlOperations } from '../../admin-api/control-operations.ts'
import type { Approval, Login, LoginChange } from '../../admin-api/control-schemas.ts'
import { EvsError } from '../../admin-api/errors.ts'
import { readRecovery } from '../../voucher-store/admin/login-recovery.ts'
import {
  addLogin,
  findLogin,
  type LoginRow,
  listLogins,
  moveLogin,
  setPassword,
} from '../../voucher-store/admin/logins.ts'
import { isoMoment } from '../../voucher-store/admin/shown.ts'
import type { AccessTools } from '../access/access.ts'
import type { Request } from '../access/approvals.ts'
import { aloneAs, isNeeded } from '../access/bootstrap.ts'
import { type LoginDesk, rolesOf } from '../access/login-desk.ts'
import { mustFind, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'
import { recoveryOperations } from './recovery-operations.ts'

type LoginOperations = Omit<
  ControlOperations,
  | 'vouchers'
  | 'changeVoucher'
  | 'revealVoucher'
  | 'returnFenced'
  | 'believeClock'
  | 'auditRecords'
  | 'verifyAudit'
>

export function loginOperations(
  tools: OperationTools,
  access: AccessTools,
  desk: LoginDesk,
): LoginOperations {
  const { store, by } = tools
  const { database } = store
  const loginOf = (name: string) => mustFind(findLogin(database, name), `login ${name}`)
  const shown = (row: LoginRow): Login => {
    const { id, name, state, createdAt } = row
    const recovery = readRecovery(database)
    const recoveryFrom = recovery?.login === id ? isoMoment(recovery.validMs) : null
    const locked = desk.locked(name)
    return { name, roles: rolesOf(row), state, createdAt, locked, recoveryFrom }
  }
  return {
    ...recoveryOperations(tools, access, async (name) => shown(loginOf(name))),
    openSession: (actor, credentials) => desk.open(actor, credentials),
    endSession: async (actor) => {
      access.sessions.end(sessionOf(actor).id)
      await access.acts.note({ action: 'login end', by: actor.name, how: actor.how, detail: {} })
      return { ended: true }
    },
    logins: async () => listLogins(database).map(shown),
    addLogin: async (actor, { name, roles, password }) => {
      const alone = aloneAs(actor)
      if (alone !== undefined && !roles.includes('security-officer')) {
        throw new EvsError('CONFLICT', {
          message: 'the first two logins must be security officers',
          hint: 'add `--role security-officer`; a login may have several roles',
        })
      }
      if (findLogin(database, name) !== undefined) {
        throw new EvsError('ALREADY_EXISTS', { message: `login ${name} exists already` })
      }
      const verifier = await access.passwords.verifierOf(password)
      const added = await addLogin(store, { name, roles, verifier, alone }, by(actor))
      if (alone !== undefined && added.kind === 'changed') throw notFirst()
      mustWrite(added, `login ${name}`)
      return shown(loginOf(name))
    },
    changeLogin: async (actor, name, change) => {
      const login = loginOf(name)
      await changeLogin(tools, access, { actor, login, ...change })
      if (change.action !== 'unblock') {
        access.sessions.endOf(name)
        access.approvals.dropApprovedBy(name)
      }
      return shown(loginOf(name))
    },
    changePassword: async (actor, { current, password }) => {
      mustDiffer(current, password)
      const proof = await desk.prove(actor, current)
      const { login } = proof
      const verifier = await access.passwords.verifierOf(password)
      mustWrite(await setPassword(store, login, verifier, by(actor), proof), `login ${login.name}`)
      access.sessions.endOf(login.name)
      return shown(loginOf(login.name))
    },
    approvals: async () => access.approvals.list().map(shownRequest),
    decideApproval: async (actor, id, { approve }) => decide(access, actor, id, approve),
  }
}

async function changeLogin(
  { store, by }: OperationTools,
  { passwords }: AccessTools,
  { actor, login, action, password }: LoginChange & { actor: Actor; login: LoginRow },
): Promise<void> {
  const { name } = login
  if (action === 'password') {
    if (password === undefined) {
      throw new EvsError('USAGE', { message: 'body.password: a new password is missing' })
    }
    if (login.state === 'removed') throw isRemoved(name)
    const verifier = await passwords.verifierOf(password)
    mustWrite(await setPassword(store, login, verifier, by(actor)), `login ${name}`)
    return
  }
  if (login.state === 'removed') throw isRemoved(name)
  const isKept = () => action !== 'unblock' && isNeeded(store.database, name)
  if (isKept()) throw oneOfTwo(name)
  const moved = await moveLogin(store.journal, login, action, by(actor))
  if (moved.kind === 'changed' && isKept()) throw oneOfTwo(name)
  mustWrite(moved, `login ${name}`)
}

function mustDiffer(current: string, password: string): void {
  if (password !== current) return
  throw new EvsError('USAGE', { message: 'the new password is the one of before' })
}

async function decide(
  access: AccessTools,
  actor: Actor,
  id: string,
  approve: boolean,
): Promise<Approval> {
  const request = mustFind(access.approvals.find(id), `request ${id}`)
  if (request.askedBy === actor.name) {
    throw new EvsError('NOT_ALLOWED', { message: 'nobody approves what he asked for himself' })
  }
  const { roles } = ACCESS[request.act]
  if (!roles.some((role) => sessionOf(actor).roles.includes(role))) {
    const message = `${actor.name} may not approve that: it needs ${roles.join(' or ')}`
    throw new EvsError('NOT_ALLOWED', { message })
  }
  if (request.state !== 'pending') {
    throw new EvsError('CONFLICT', { message: `request ${id} is ${request.state} already` })
  }
  // Taken before it is written, so that of two who decide at once one is too late.
  request.state = approve ? 'approved' : 'denied'
  request.decidedBy = actor.name
  const action = approve ? 'approval approve' : 'approval deny'
  const { act, askedBy } = request
  const detail = { approval: id, act, askedBy }
  await access.acts
    .must({ action, by: actor.name, how: actor.how, detail })
    .catch((error: unknown) => {
      access.approvals.remove(id)
      throw error
    })
  return shownRequest(request)
}

function shownRequest(request: Request): Approval {
  const { id, act, shown, askedBy, askedMs, endsMs, state, decidedBy } = request
  return {
    ...{ id, act, given: { ...shown }, askedBy, state },
    askedAt: isoMoment(askedMs),
    endsAt: isoMoment(endsMs),
    decidedBy: decidedBy ?? null,
  }
}

function sessionOf({ session }: Actor): NonNullable<Actor['session']> {
  if (session === undefined) throw new EvsError('LOGIN_REQUIRED')
  return session
}

function isRemoved(name: string): EvsError {
  return new EvsError('CONFLICT', { message: `login ${name} was removed; its name stays taken` })
}

function oneOfTwo(name: string): EvsError {
  const message = `${name} is one of the last two security officers`
  return new EvsError('CONFLICT', { message, hint: 'add another one first' })
}

function notFirst(): EvsError {
  const message = 'another of the first logins was added meanwhile'
  return new EvsError('CONFLICT', { message, hint: '`evs login list` shows who there is now' })
}
