// What a start makes of what the last process left: every intent without an outcome becomes a
// reversal before any port opens. The answer kept for its identity is 96, or 94
// when the terminal had reversed it. [nothing-lost, rule 2]

import type { Clock } from './clock.ts'
import type { Journal, ReversalTrace, WriteResult } from './journal.ts'
import type { Notice } from './notice.ts'
import { writeEnd } from './outcome.ts'
import type { HostTrace } from './sale-record.ts'

export interface OpenIntent {
  readonly id: number
  readonly host: HostTrace
  readonly cancelled: boolean
}

export interface RecoveryPorts {
  readonly journal: Journal
  readonly clock: Clock
  readonly notice: (notice: Notice) => void
  readonly reversalTrace: (host: HostTrace) => ReversalTrace
}

/** Resolves with how many intents became reversals; rejects when the store refuses one. */
export async function reverseOpenIntents(
  ports: RecoveryPorts,
  intents: readonly OpenIntent[],
): Promise<number> {
  for (let at = 0; at < intents.length; at += AT_ONCE) {
    const results = await Promise.all(
      intents.slice(at, at + AT_ONCE).map((intent) => reverseIntent(ports, intent)),
    )
    for (const result of results) {
      if (result.kind !== 'written') throw new Error(`recovery not written: ${result.detail}`)
    }
  }
  return intents.length
}

/** Handed over together they share a commit; more would not fit the journal's queue. */
const AT_ONCE = 500

function reverseIntent(ports: RecoveryPorts, intent: OpenIntent): Promise<WriteResult> {
  return writeEnd(ports, {
    kind: 'outcome',
    id: intent.id,
    outcome: {
      kind: 'reversing',
      responseCode: intent.cancelled ? '94' : '96',
      reversal: ports.reversalTrace(intent.host),
      approval: undefined,
    },
    atMs: ports.clock.wallMs(),
  })
}
