// `evs health`: asks the running switch whether it sells; the exit code is for probes and
// containers. With the switch stopped it opens nothing: a probe must not own the data directory.

import type { Command } from 'commander'
import { EXIT } from '../admin-api/errors.ts'
import type { Health } from '../admin-api/schemas.ts'
import { writeJson, writeProperties } from './rows.ts'
import { type ConfigOptions, doing, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function healthVerb(world: VerbWorld): Command {
  return verb(world, 'health', {
    summary: 'tell whether the switch sells',
    examples: ['health --dir shop', 'health --json | jq .reasons'],
    exits: { 0: 'it sells', [EXIT.unreachable]: 'it does not sell, or cannot be reached' },
  }).action(
    doing(world, async (options: ConfigOptions & { json?: boolean }) => {
      const health = await withAdmin(world, options, (admin) => admin.health(), { offline: false })
      if (options.json === true) writeJson(world, health)
      else writeProperties(world, told(health))
      return health.status === 'selling' ? 0 : EXIT.unreachable
    }),
  )
}

function told(health: Health): (readonly [string, string | number])[] {
  const { database, journal, reversals } = health
  return [
    ['status', health.status],
    ...health.reasons.map((reason) => ['because', reason] as const),
    ...health.warnings.map((warning) => ['warning', warning] as const),
    ['version', health.version],
    ['up for', `${Math.round(health.uptimeSeconds)} s`],
    ...health.cardHosts.map(
      ({ name, connections, signedOn, keys }) =>
        [
          'card host',
          `${name}: ${connections} connections, ${signedOn} signed on, keys ${keys}`,
        ] as const,
    ),
    ...health.listeners.map(
      ({ name, kind, port, connections }) =>
        ['listener', `${name} (${kind}) on port ${port}: ${connections} connections`] as const,
    ),
    ...health.gateways.map(
      ({ name, links, connections }) =>
        ['gateway', `${name}: ${links} links, ${connections} connections`] as const,
    ),
    ['sales in flight', health.salesInFlight],
    ['reversals', `${reversals.open} open, ${reversals.suspense} in suspense`],
    ['journal', `record ${journal.jseq}, epoch ${journal.epoch}, ${journal.waiting} waiting`],
    ['database', `SQLite ${database.sqliteVersion}, ${database.journalMode}`],
  ]
}
