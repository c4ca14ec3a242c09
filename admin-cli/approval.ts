// `evs approval`: what waits for a second person. Who asked runs the same command again when it was
// approved; nobody approves what he asked for himself.

import type { Command } from 'commander'
import type { Approval } from '../admin-api/control-schemas.ts'
import { type Column, type ListOptions, withListOptions, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

const COLUMNS: readonly Column<Approval>[] = [
  { title: 'request', of: (row) => row.id },
  { title: 'act', of: (row) => row.act },
  { title: 'with', of: (row) => givenText(row.given) },
  { title: 'asked by', of: (row) => row.askedBy },
  { title: 'until', of: (row) => row.endsAt },
  { title: 'state', of: (row) => row.state },
  { title: 'decided by', of: (row) => row.decidedBy },
]

export function approvalVerb(world: VerbWorld): Command {
  const examples = ['approval list', 'approval approve 1f0c77ab', 'approval deny 1f0c77ab']
  const summary = 'approve or deny what needs a second person'
  return group('approval', { summary, examples }, [
    listVerb(world),
    decideVerb(world, 'approve', 'approve a request of another login'),
    decideVerb(world, 'deny', 'deny a request of another login'),
  ])
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the requests with all that they would do',
    examples: ['approval list', 'approval list --json'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const rows = await withAdmin(world, options, (admin) => admin.approvals())
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function decideVerb(world: VerbWorld, name: 'approve' | 'deny', summary: string): Command {
  return verb(world, name, { summary, examples: [`approval ${name} 1f0c77ab`] })
    .argument('<request>', 'its number')
    .action(
      doing(world, async (id: string, options: Options) => {
        const approve = name === 'approve'
        const row = await withAdmin(world, options, (admin) =>
          admin.decideApproval(id, { approve }),
        )
        writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
        return 0
      }),
    )
}

function givenText(given: Approval['given']): string {
  const pairs = Object.entries(given).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.join(' ')
}
