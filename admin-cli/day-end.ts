// `evs day-end`: ends of day at which a terminal counted otherwise than the switch. Closing one
// closes the terminal's period there: its next totals begin after it.

import type { Command } from 'commander'
import type { DayEndDifference } from '../admin-api/schemas.ts'
import { type Column, type ListOptions, withListOptions, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, verb, wholeNumber, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

const COLUMNS: readonly Column<DayEndDifference>[] = [
  { title: 'difference', kind: 'number', of: (row) => row.id },
  { title: 'at', of: (row) => row.at },
  { title: 'TID', of: (row) => row.tid },
  { title: 'MID', of: (row) => row.mid },
  { title: 'sales, terminal', kind: 'number', of: (row) => row.claimed.salesCount },
  { title: 'rial, terminal', kind: 'number', of: (row) => row.claimed.salesAmountRial },
  { title: 'sales, switch', kind: 'number', of: (row) => row.actual.salesCount },
  { title: 'rial, switch', kind: 'number', of: (row) => row.actual.salesAmountRial },
  { title: 'reversals, terminal', kind: 'number', of: (row) => row.claimed.reversalsCount },
  { title: 'reversals, switch', kind: 'number', of: (row) => row.actual.reversalsCount },
  { title: 'closed at', of: (row) => row.closedAt },
]

export function dayEndVerb(world: VerbWorld): Command {
  const examples = ['day-end list', 'day-end close 2']
  const summary = 'list and close ends of day that differ'
  return group('day-end', { summary, examples }, [listVerb(world), closeVerb(world)])
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the ends of day whose totals differ',
    examples: ['day-end list', 'day-end list --csv'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const rows = await withAdmin(world, options, (admin) => admin.dayEndDifferences())
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function closeVerb(world: VerbWorld): Command {
  return verb(world, 'close', {
    summary: 'close the period of a terminal at a difference that was looked into',
    examples: ['day-end close 2', 'day-end close 2 --json'],
  })
    .argument('<difference>', 'its number')
    .action(
      doing(world, async (difference: string, options: Options) => {
        const id = wholeNumber(difference, 'difference')
        const row = await withAdmin(world, options, (admin) => admin.closeDayEnd(id))
        writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
        return 0
      }),
    )
}
