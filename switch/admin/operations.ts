// The admin operations over the store and, while the switch runs, its core: one implementation for
// both. Each group of operations is a file of its own beside this one.

import type { AdminOperations } from '../../admin-api/operations.ts'
import type { Health } from '../../admin-api/schemas.ts'
import { countReversals } from '../../voucher-store/admin/suspense.ts'
import { readFence } from '../../voucher-store/backup/fence.ts'
import { ReportThreads } from '../../voucher-store/reports/report-threads.ts'
import { readHead } from '../../voucher-store/writer/chain.ts'
import { keyOperations } from './key-operations.ts'
import type { OperationPorts, OperationTools } from './operation-ports.ts'
import { reportOperations } from './report-operations.ts'
import { saleOperations } from './sale-operations.ts'
import { stockOperations } from './stock-operations.ts'
import { tradeOperations } from './trade-operations.ts'
import { vaultOperations } from './vault-operations.ts'

export function createOperations(ports: OperationPorts): AdminOperations {
  const tools: OperationTools = {
    ...ports,
    threads: new ReportThreads(ports.store.file, ports.clock),
    by: (actor) => ({ by: actor.name, atMs: ports.wallMs() }),
  }
  return {
    health: async () => ports.runtime?.health() ?? offlineHealth(ports),
    ...tradeOperations(tools),
    ...stockOperations(tools),
    ...saleOperations(tools),
    ...reportOperations(tools),
    ...keyOperations(tools),
    ...vaultOperations(tools),
  }
}

function offlineHealth({ store, version }: OperationPorts): Health {
  const reasons = ['the switch is stopped']
  if (readFence(store.database) !== undefined) {
    reasons.push('the store was restored and is not accepted yet')
  }
  return {
    status: 'offline',
    version: version ?? '',
    uptimeSeconds: 0,
    cardHosts: [],
    listeners: [],
    database: store.facts,
    journal: { jseq: readHead(store.database).jseq, epoch: store.epoch, waiting: 0 },
    reversals: countReversals(store.database),
    salesInFlight: 0,
    reasons,
  }
}
