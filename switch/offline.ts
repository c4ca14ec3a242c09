// The admin operations with the switch stopped: the same ones, over a store that this process owns
// until it is closed. Nothing is sold and no port is open meanwhile.

import type { AdminOperations } from '../admin-api/operations.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import type { Gate } from './access/gate.ts'
import { createOperations } from './admin/operations.ts'
import { recoveryWarning } from './admin/recovery-operations.ts'
import type { Config } from './config/schema.ts'
import { openData } from './open-data.ts'
import { openSecurityModule } from './security-module.ts'
import { openToken } from './token.ts'

export interface Offline {
  readonly operations: AdminOperations
  readonly gate: Gate
  readonly notices: readonly string[]
  close(): Promise<void>
}

export async function openOffline(config: Config): Promise<Offline> {
  const token = await openToken(config, systemTimers)
  const store = await openData(config, {
    token,
    onFatal: (why) => {
      throw new Error(why)
    },
  })
  let module: ReturnType<typeof openSecurityModule> | undefined
  const administration = createOperations({
    ...{ store, clock: systemTimers, wallMs: () => systemTimers.wallMs(), config },
    // One for all: a key of one module is none of another.
    securityModule: () => {
      module ??= openSecurityModule(config, { store, token }, systemTimers.wallMs())
      return module
    },
    runtime: undefined,
  })
  const { operations, gate } = administration
  const close = async () => {
    administration.close()
    await store.close()
    token?.token.close()
  }
  const warning = recoveryWarning(store.database, systemTimers.wallMs())
  // No port waits for it, and no command finds what is neither stock nor being imported.
  const left = await administration.removeUnfinishedImports()
  const notices = [
    ...store.notices,
    ...(warning === undefined ? [] : [warning]),
    ...(left === undefined ? [] : [`an import that was cut off is not removed: ${left}`]),
  ]
  return { operations, gate, notices, close }
}
