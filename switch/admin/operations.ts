// The admin operations over the store and, while the switch runs, its core: one implementation for
// both. Each group of operations is a file of its own beside this one.

import type { AdminOperations } from '../../admin-api/operations.ts'
import type { Health } from '../../admin-api/schemas.ts'
import { readFence } from '../../voucher-store/backup/fence.ts'
import { ReversalCounts } from '../../voucher-store/reading/reversal-counts.ts'
import { ReportThreads } from '../../voucher-store/reports/report-threads.ts'
import { readHead } from '../../voucher-store/writer/chain.ts'
import { accessTools } from '../access/access.ts'
import { AccessGate, type Gate } from '../access/gate.ts'
import { LoginDesk } from '../access/login-desk.ts'
import { auditOperations } from './audit-operations.ts'
import { ceremonyDesk } from './ceremony-operations.ts'
import { ImportTurn } from './import-turn.ts'
import { keyOperations } from './key-operations.ts'
import { loginOperations } from './login-operations.ts'
import type { OperationPorts, OperationTools } from './operation-ports.ts'
import { recoveryWarning } from './recovery-operations.ts'
import { reportOperations } from './report-operations.ts'
import { saleOperations } from './sale-operations.ts'
import { stockOperations } from './stock-operations.ts'
import { merchantOperations, terminalOperations } from './terminal-operations.ts'
import { tradeOperations } from './trade-operations.ts'
import { vaultOperations } from './vault-operations.ts'
import { voucherOperations } from './voucher-operations.ts'

export interface Administration {
  readonly operations: AdminOperations
  /** Who calls an operation from outside passes it first. */
  readonly gate: Gate
  /** Reports, checks and backups are answered NOT_READY from now on, those under way too. */
  endReports(): void
  /**
   * What a kill left of an import, once the ports are open or before a command with the switch
   * stopped. Gives why something is left.
   */
  removeUnfinishedImports(): Promise<string | undefined>
  /** No import begins any more, and the removal ends where it is. */
  stopImports(): Promise<void>
  /** Before the store is closed: drops what is in memory only. */
  close(): void
}

export function createOperations(ports: OperationPorts): Administration {
  const { store, clock, wallMs, config } = ports
  const tools: OperationTools = {
    ...ports,
    threads: new ReportThreads(store.file, clock),
    by: ({ name, how }) => ({ by: name, how, atMs: wallMs() }),
  }
  const access = accessTools({
    ...{ journal: store.journal, database: store.database, clock, wallMs },
    settings: { ...config.timeouts, loginFailures: config.limits.loginFailures },
  })
  const desk = new LoginDesk(access)
  const imports = new ImportTurn(ports)
  const ceremonies = ceremonyDesk(tools, access)
  return {
    operations: {
      health: async () => ports.runtime?.health() ?? offlineHealth(ports),
      ...tradeOperations(tools),
      ...merchantOperations(tools),
      ...terminalOperations(tools),
      ...stockOperations(tools, imports),
      ...saleOperations(tools),
      ...reportOperations(tools),
      ...loginOperations(tools, access, desk),
      ...voucherOperations(tools),
      ...auditOperations(tools, access),
      ...keyOperations(tools),
      ...ceremonies.operations,
      ...vaultOperations(tools),
    },
    gate: new AccessGate(access, desk),
    endReports: () => void tools.threads.close(),
    removeUnfinishedImports: () => imports.removeUnfinished(),
    stopImports: () => imports.stop(),
    close: () => ceremonies.close(),
  }
}

async function offlineHealth(ports: OperationPorts): Promise<Health> {
  const { store, version, wallMs, clock } = ports
  const warning = recoveryWarning(store.database, wallMs())
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
    gateways: [],
    database: store.facts,
    journal: { jseq: readHead(store.database).jseq, epoch: store.epoch, waiting: 0 },
    reversals: await new ReversalCounts(store.database, clock).now(),
    salesInFlight: 0,
    reasons,
    warnings: warning === undefined ? [] : [warning],
  }
}
