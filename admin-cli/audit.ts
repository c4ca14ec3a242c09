// `evs audit`: the invariants over the whole store, one by one. It mends
// nothing.

import type { Command } from 'commander'
import { EXIT } from '../admin-api/errors.ts'
import { type ListOptions, withListOptions, writeRows } from './rows.ts'
import { type ConfigOptions, doing, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function auditVerb(world: VerbWorld): Command {
  const command = verb(world, 'audit', {
    summary: 'check the invariants of the whole store',
    examples: ['audit', 'audit --json'],
    exits: { [EXIT.damaged]: 'an invariant does not hold' },
  })
  return withListOptions(command).action(
    doing(world, async (options: ConfigOptions & ListOptions) => {
      const report = await withAdmin(world, options, (admin) => admin.audit())
      writeRows(world, options, {
        rows: report.checks,
        json: report,
        columns: [
          { title: 'check', of: (row) => row.name },
          { title: 'violations', kind: 'number', of: (row) => row.violations },
          { title: 'detail', of: (row) => row.detail },
        ],
      })
      return report.ok ? 0 : EXIT.damaged
    }),
  )
}
