// What the admin operations stand on: the store, the clock, the settings and, while the switch
// runs, its core. With the switch stopped there is no runtime, and the same operations work on
// the store.

import type { Actor } from '../../admin-api/actor.ts'
import type { Health } from '../../admin-api/schemas.ts'
import type { SecurityModule } from '../../protocol/security/security-module.ts'
import type { StoreJournal } from '../../voucher-store/admin/admin-write.ts'
import type { By } from '../../voucher-store/admin/merchants.ts'
import type { ReportThreads } from '../../voucher-store/reports/report-threads.ts'
import type { Store } from '../../voucher-store/store.ts'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/clock.ts'
import type { Inventory } from '../core/inventory.ts'
import type { StorageKeyMaker } from '../security-module.ts'

/** The running queue of reversals, as far as an administrator moves it. */
export interface SuspenseQueue {
  /** Sends it again now, from `pending`. */
  retry(sale: number): void
  /** It was ended by hand: it is not sent again. */
  resolved(sale: number): void
}

export interface OperationRuntime {
  readonly inventory: Inventory
  readonly reversals: SuspenseQueue
  readonly health: () => Promise<Health>
  readonly catalogueChanged: () => void
  readonly terminalsChanged: () => void
  readonly fenceAccepted: () => void
  readonly clockBelieved: () => void
  readonly keysChanged: (owner: string) => void
}

export interface OperationPorts {
  readonly store: Pick<
    Store,
    'file' | 'facts' | 'epoch' | 'database' | 'kek' | 'kekPlace' | 'ring' | 'replaceKek'
  > & {
    readonly journal: StoreJournal
  }
  readonly clock: Clock
  readonly wallMs: () => number
  readonly config: {
    readonly timeouts: Pick<
      Config['timeouts'],
      | 'reportMs'
      | 'sessionIdleMs'
      | 'sessionTotalMs'
      | 'loginLockMs'
      | 'approvalMs'
      | 'loginRecoveryMs'
      | 'keyCeremonyMs'
    >
    readonly limits: Pick<
      Config['limits'],
      | 'batchFileBytes'
      | 'reversalAgeHours'
      | 'loginFailures'
      | 'keyCeremonies'
      | 'expiryMarginDays'
      | 'ballastBytes'
    >
    readonly listeners: readonly Pick<Config['listeners'][number], 'name' | 'kind' | 'keys'>[]
    readonly cardHosts: readonly Pick<Config['cardHosts'][number], 'name' | 'keys'>[]
  }
  /** Opened when it is needed: reading does not need it. */
  readonly securityModule: () => Promise<SecurityModule & Partial<StorageKeyMaker>>
  /** How much room the disk of a folder has; that of the system, where it is left out. */
  readonly freeOf?: (folder: string) => number
  /** Shown while the switch is stopped; the running one tells its own. */
  readonly version?: string
  /** Undefined: the switch is stopped. */
  readonly runtime: OperationRuntime | undefined
}

/** The ports and what the operations share. */
export interface OperationTools extends OperationPorts {
  readonly threads: ReportThreads
  readonly by: (actor: Actor) => By
}
