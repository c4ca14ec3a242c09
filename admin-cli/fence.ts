// `evs fence`: times of which a restored store knows nothing. Until the newest is accepted nothing
// is sold; accepting it leaves what is fenced held back. Batch by batch two persons put it back to
// stock, after the reconciliation.

import type { Command } from 'commander'
import { EXIT } from '../admin-api/errors.ts'
import type { Fence } from '../admin-api/schemas.ts'
import {
  type Column,
  type ListOptions,
  withListOptions,
  writeJson,
  writeProperties,
  writeRows,
} from './rows.ts'
import { type ConfigOptions, doing, group, verb, wholeNumber, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

const COLUMNS: readonly Column<Fence>[] = [
  { title: 'from', of: (row) => row.from },
  { title: 'to', of: (row) => row.to },
  { title: 'accepted by', of: (row) => row.acceptedBy },
]

export function fenceVerb(world: VerbWorld): Command {
  const examples = ['fence list', 'fence accept', 'fence return 7']
  const summary = 'show and accept what a restore may have lost'
  return group('fence', { summary, examples }, [
    listVerb(world),
    acceptVerb(world),
    returnVerb(world),
  ])
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the times of which a restored store knows nothing',
    examples: ['fence list', 'fence list --json'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const rows = await withAdmin(world, options, (admin) => admin.fences())
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function acceptVerb(world: VerbWorld): Command {
  return verb(world, 'accept', {
    summary: 'accept the newest, and sell again',
    examples: ['fence accept --dir shop', 'fence accept --json'],
  }).action(
    doing(world, async (options: Options) => {
      const row = await withAdmin(world, options, (admin) => admin.acceptFence())
      writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

function returnVerb(world: VerbWorld): Command {
  return verb(world, 'return', {
    summary: 'put what is fenced of a batch back to stock, with a second person',
    examples: ['fence return 7'],
    exits: { [EXIT.refused]: 'a login, a right or a second person is missing' },
  })
    .argument('<batch>', 'its number')
    .action(
      doing(world, async (batch: string, options: Options) => {
        const id = wholeNumber(batch, 'batch')
        const row = await withAdmin(world, options, (admin) => admin.returnFenced(id))
        if (options.json === true) writeJson(world, row)
        else writeProperties(world, [['batch', row.id], ...Object.entries(row.counts)])
        return 0
      }),
    )
}
