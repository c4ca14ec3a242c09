// What `evs health` shows: the state of the switch in numbers. Names no terminal, card or sale, for
// health is read by more people than sales are.

import type { Health } from '../admin-api/schemas.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import { readHead } from '../voucher-store/writer/chain.ts'
import { recoveryWarning } from './admin/recovery-operations.ts'
import type { Runtime } from './runtime.ts'

export function healthOf(
  runtime: Runtime,
  { listeners, gateways }: Pick<Health, 'listeners' | 'gateways'>,
  facts: { version: string; startedMs: number },
): Health {
  const { store, book, cardGateway } = runtime
  const reasons = runtime.reasons()
  const warning = recoveryWarning(store.database, systemTimers.wallMs())
  const draining = reasons.includes('the switch is stopping')
  const { open, suspense } = book.reversals.counts()
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
    reversals: { open, suspense },
    salesInFlight: book.running.size,
    reasons,
    warnings: warning === undefined ? [] : [warning],
  }
}
