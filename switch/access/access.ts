// What letting people in stands on, made once for a store: passwords, failures, sessions, requests
// for a second person and the audit record. The desk and the gate use it; it decides nothing.

import type { StoreJournal } from '../../voucher-store/admin/admin-write.ts'
import type { Store } from '../../voucher-store/store.ts'
import type { Clock } from '../core/clock.ts'
import { Acts } from './acts.ts'
import { Approvals } from './approvals.ts'
import { Failures } from './failures.ts'
import { Passwords } from './passwords.ts'
import { Sessions } from './sessions.ts'

export interface AccessSettings {
  readonly sessionIdleMs: number
  readonly sessionTotalMs: number
  readonly loginLockMs: number
  readonly approvalMs: number
  readonly loginRecoveryMs: number
  readonly loginFailures: number
}

export interface AccessPorts {
  readonly journal: StoreJournal
  readonly database: Store['database']
  readonly clock: Clock
  readonly wallMs: () => number
  readonly settings: AccessSettings
}

export interface AccessTools extends AccessPorts {
  readonly acts: Acts
  readonly passwords: Passwords
  readonly failures: Failures
  readonly sessions: Sessions
  readonly approvals: Approvals
}

export function accessTools(ports: AccessPorts): AccessTools {
  const { journal, clock, wallMs, settings } = ports
  const { sessionIdleMs: idleMs, sessionTotalMs: totalMs } = settings
  return {
    ...ports,
    acts: new Acts(journal, wallMs),
    passwords: new Passwords(),
    failures: new Failures(clock, { most: settings.loginFailures, lockMs: settings.loginLockMs }),
    sessions: new Sessions(clock, { idleMs, totalMs }),
    approvals: new Approvals(clock, wallMs, settings.approvalMs),
  }
}
