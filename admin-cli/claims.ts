// `evs claims`: reversals that the switch refused, for a person to decide. Closing a claim moves no
// money; it records what was agreed.

import { type Command, Option } from 'commander'
import type { Claim } from '../admin-api/schemas.ts'
import { type Column, type ListOptions, withListOptions, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, required, verb, wholeNumber, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

const COLUMNS: readonly Column<Claim>[] = [
  { title: 'claim', kind: 'number', of: (row) => row.id },
  { title: 'sale', kind: 'number', of: (row) => row.sale },
  { title: 'reason', of: (row) => row.reason },
  { title: 'rial', kind: 'number', of: (row) => row.amountRial },
  { title: 'RRN', of: (row) => row.rrn },
  { title: 'TID', of: (row) => row.tid },
  { title: 'MID', of: (row) => row.mid },
  { title: 'opened at', of: (row) => row.openedAt },
  { title: 'closed at', of: (row) => row.closedAt },
  { title: 'resolution', of: (row) => row.resolution },
]

export function claimsVerb(world: VerbWorld): Command {
  const examples = ['claims list', "claims resolve 3 --note 'paid back in cash'"]
  const summary = 'list and decide refused reversals'
  return group('claims', { summary, examples }, [listVerb(world), resolveVerb(world)])
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the claims',
    examples: ['claims list', 'claims list --json'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const rows = await withAdmin(world, options, (admin) => admin.claims())
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function resolveVerb(world: VerbWorld): Command {
  return verb(world, 'resolve', {
    summary: 'close a claim with what was agreed',
    examples: ["claims resolve 3 --note 'paid back in cash'"],
  })
    .argument('<claim>', 'its number')
    .addOption(required(new Option('--note <text>', 'what was agreed')))
    .action(
      doing(world, async (claim: string, options: Options & { note: string }) => {
        const id = wholeNumber(claim, 'claim')
        const resolution = options.note
        const row = await withAdmin(world, options, (admin) =>
          admin.resolveClaim(id, { resolution }),
        )
        writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
        return 0
      }),
    )
}
