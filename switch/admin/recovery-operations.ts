// The way out for officers of whom one forgot his password: on the machine, with the switch
// stopped, and open to all eyes. A new password is in force after a delay, or when another officer
// agrees; every officer can end it. It opens nothing but the way to a password of his own.

import type { Actor } from '../../admin-api/actor.ts'
import type { ControlOperations } from '../../admin-api/control-operations.ts'
import { EvsError } from '../../admin-api/errors.ts'
import {
  cancelRecovery,
  consentToRecovery,
  type Recovery,
  readRecovery,
  startRecovery,
} from '../../voucher-store/admin/login-recovery.ts'
import { findLogin, type KnownLogin } from '../../voucher-store/admin/logins.ts'
import { isoMoment } from '../../voucher-store/admin/shown.ts'
import type { Store } from '../../voucher-store/store.ts'
import type { AccessTools } from '../access/access.ts'
import { mustFind, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

type RecoveryOperations = Pick<ControlOperations, 'recoverLogin' | 'decideRecovery'>

export function recoveryOperations(
  { store, by, wallMs, config }: OperationTools,
  access: AccessTools,
  shown: (name: string) => ReturnType<RecoveryOperations['recoverLogin']>,
): RecoveryOperations {
  const { database, journal } = store
  return {
    recoverLogin: async (actor, name, { password }) => {
      const login = mustFind(findLogin(database, name), `login ${name}`)
      mustBeOfficer(login)
      const other = readRecovery(database)
      if (other !== undefined) {
        const message = `${other.name} is being recovered already: one at a time`
        const hint = 'an officer cancels it: `evs login recovery cancel`'
        throw new EvsError('CONFLICT', { message, hint })
      }
      const verifier = await access.passwords.verifierOf(password)
      const validMs = wallMs() + config.timeouts.loginRecoveryMs
      const what = `the recovery of ${name}`
      mustWrite(await startRecovery(store, login, { verifier, validMs }, by(actor)), what)
      return shown(name)
    },
    decideRecovery: async (actor, name, { approve }) => {
      const recovery = readRecovery(database)
      if (recovery?.name !== name) {
        throw new EvsError('NOT_FOUND', { message: `${name} is not being recovered` })
      }
      if (approve) mustBeAnother(actor, recovery)
      const change = approve ? consentToRecovery : cancelRecovery
      mustWrite(await change(journal, recovery, by(actor)), `the recovery of ${name}`)
      return shown(name)
    },
  }
}

/** What everybody is told while there is one; never who may be asked what. */
export function recoveryWarning(database: Store['database'], nowMs: number): string | undefined {
  const recovery = readRecovery(database)
  if (recovery === undefined) return undefined
  const { name, askedMs, validMs } = recovery
  const since = `login ${name} is being recovered since ${isoMoment(askedMs)}`
  const from = `its new password is in force from ${isoMoment(validMs)}`
  const state = nowMs < validMs ? from : `its new password is in force since ${isoMoment(validMs)}`
  return `${since}: ${state}; \`evs login recovery cancel ${name}\` ends it`
}

function mustBeOfficer({ name, roles, state }: KnownLogin): void {
  if (state !== 'active') throw new EvsError('CONFLICT', { message: `login ${name} is ${state}` })
  if (roles.includes('security-officer')) return
  const message = `${name} is no security officer`
  const hint = 'two officers give another login a new password: `evs login password`'
  throw new EvsError('CONFLICT', { message, hint })
}

function mustBeAnother(actor: Actor, { name }: Recovery): void {
  if (actor.name !== name) return
  throw new EvsError('NOT_ALLOWED', { message: 'nobody approves his own recovery' })
}
