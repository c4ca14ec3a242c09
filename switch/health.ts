// What `evs health` shows: the state of the switch in numbers. Names no terminal, card or sale, for
// health is read by more people than sales are.

import type { Health } from '../admin-api/schemas.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import type { Store } from '../voucher-store/store.ts'
import { readHead } from '../voucher-store/writer/chain.ts'
import { recoveryWarning } from './admin/recovery-operations.ts'
import type { Runtime } from './runtime.ts'

export async function healthOf(
  runtime: Runtime,
  { listeners, gateways }: Pick<Health, 'listeners' | 'gateways'>,
  facts: { version: string; startedMs: number },
): Promise<Health> {
  const { store, book, cardGateway, reversalCounts } = runtime
  // First: of many it takes its time, and the rest is of the moment of the answer.
  const reversals = await reversalCounts.now()
  const reasons = runtime.reasons()
  const draining = reasons.includes('the switch is stopping')
  return {
    status: draining ? 'draining' : reasons.length === 0 ? 'selling' : 'not selling',
    version: facts.version,
    uptimeSeconds: Math.round((systemTimers.monotonicMs() - facts.startedMs) / 1_000),
    cardHosts: cardGateway.status(),
    listeners,
    gateways,
    database: store.facts,
    journal: {
      jseq: readHead(store.database).jseq,
      epoch: store.epoch,
      waiting: store.journal.depth,
    },
    reversals,
    salesInFlight: book.running.size,
    reasons,
    warnings: warningsOf(store),
  }
}

/** What somebody should look at, and what keeps nothing from selling. */
export function warningsOf({ database }: Pick<Store, 'database'>): string[] {
  const warning = recoveryWarning(database, systemTimers.wallMs())
  return warning === undefined ? [] : [warning]
}
