// `evs suspense`: reversals that the card host refused or never answered. Each is decided by a
// person, with a note; nothing here is ever discarded.

import { type Command, Option } from 'commander'
import type { SuspenseItem, SuspenseResolution } from '../admin-api/schemas.ts'
import { type Column, type ListOptions, withListOptions, writeRows } from './rows.ts'
import {
  type ConfigOptions,
  choice,
  doing,
  group,
  required,
  verb,
  wholeNumber,
  withAdmin,
} from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

const COLUMNS: readonly Column<SuspenseItem>[] = [
  { title: 'sale', kind: 'number', of: (row) => row.sale },
  { title: 'status', of: (row) => row.status },
  { title: 'rial', kind: 'number', of: (row) => row.amountRial },
  { title: 'RRN', of: (row) => row.rrn },
  { title: 'TID', of: (row) => row.tid },
  { title: 'MID', of: (row) => row.mid },
  { title: 'card', of: (row) => row.card },
  { title: 'opened at', of: (row) => row.openedAt },
  { title: 'tries', kind: 'number', of: (row) => row.tries },
  { title: 'code', of: (row) => row.responseCode },
  { title: 'approval seen', of: (row) => row.approvalSeen },
]

export function suspenseVerb(world: VerbWorld): Command {
  const examples = ['suspense list', "suspense resolve 17 --as reversed --note 'letter 4/112'"]
  const summary = 'list and decide reversals that are not done'
  return group('suspense', { summary, examples }, [listVerb(world), resolveVerb(world)])
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the reversals that are not done',
    examples: ['suspense list', 'suspense list --json'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const rows = await withAdmin(world, options, (admin) => admin.suspense())
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function resolveVerb(world: VerbWorld): Command {
  const meaning = 'reversed: the host undid it; no-debit: there was none; retry: send it again'
  return verb(world, 'resolve', {
    summary: 'decide a reversal in suspense',
    examples: [
      "suspense resolve 17 --as reversed --note 'letter 4/112 of the bank'",
      "suspense resolve 17 --as retry --note 'host is back'",
    ],
  })
    .argument('<sale>', 'number of the sale')
    .addOption(required(choice('--as <result>', meaning, ['reversed', 'no-debit', 'retry'])))
    .addOption(required(new Option('--note <text>', 'who said so, or where it is written')))
    .action(
      doing(world, async (sale: string, options: Options & SuspenseResolution) => {
        const id = wholeNumber(sale, 'sale')
        const { as, note } = options
        const row = await withAdmin(world, options, (admin) =>
          admin.resolveSuspense(id, { as, note }),
        )
        writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
        return 0
      }),
    )
}
