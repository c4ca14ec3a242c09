// The admin operations over a real store beside a core that only notes what it is told, for tests
// of what the running switch hears of a change, and when.

import type { AdminOperations } from '../../../admin-api/operations.ts'
import { systemTimers } from '../../../protocol/link/timers.ts'
import type { OperationPorts } from '../../../switch/admin/operation-ports.ts'
import { createOperations } from '../../../switch/admin/operations.ts'
import { Inventory } from '../../../switch/core/inventory.ts'
import { defaultSettings } from '../../../switch/limits.ts'
import { SqliteStockReader } from '../../../voucher-store/reading/stock-reader.ts'
import { newModule } from '../../protocol/security/test-module.ts'
import { KEK, NOW, type TemporaryStore } from '../../voucher-store/temporary-store.ts'

export interface ToldOperations {
  readonly operations: AdminOperations
  readonly inventory: Inventory
  readonly told: string[]
}

type Links = Pick<OperationPorts['config'], 'listeners' | 'cardHosts'>

/** `journal`: instead of that of the store. `links`: those of the configuration. */
export function toldOperations(
  store: TemporaryStore,
  journal: TemporaryStore['journal'] = store.journal,
  links: Links = { listeners: [], cardHosts: [] },
  more: Pick<OperationPorts, 'freeOf'> = {},
): ToldOperations {
  const inventory = new Inventory(new SqliteStockReader(store.database), { windowSize: 50 })
  const told: string[] = []
  const module = newModule()
  const facts = { sqliteVersion: '3.51.3', journalMode: 'wal', synchronous: 2, foreignKeys: 1 }
  const { operations } = createOperations({
    store: { ...store, journal, facts: { ...facts, mmapSize: 0 }, epoch: 1, kek: KEK },
    clock: systemTimers,
    wallMs: () => NOW,
    config: { ...defaultSettings(), ...links },
    securityModule: async () => module,
    ...more,
    runtime: {
      inventory,
      reversals: {
        retry: (sale) => told.push(`retry ${sale}`),
        resolved: (sale) => told.push(`resolved ${sale}`),
      },
      health: () => {
        throw new Error('not asked here')
      },
      catalogueChanged: () => told.push('catalogue'),
      terminalsChanged: () => told.push('terminals'),
      fenceAccepted: () => told.push('fence accepted'),
      clockBelieved: () => told.push('clock believed'),
      keysChanged: (owner) => told.push(`keys of ${owner}`),
    },
  })
  return { operations, inventory, told }
}
