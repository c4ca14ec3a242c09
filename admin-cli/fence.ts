// `evs fence`: times of which a restored store knows nothing. Until the newest is accepted nothing
// is sold; accepting it leaves what is fenced held back.

import type { Command } from 'commander'
import type { Fence } from '../admin-api/schemas.ts'
import { type Column, type ListOptions, withListOptions, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

const COLUMNS: readonly Column<Fence>[] = [
  { title: 'from', of: (row) => row.from },
  { title: 'to', of: (row) => row.to },
  { title: 'accepted by', of: (row) => row.acceptedBy },
]

export function fenceVerb(world: VerbWorld): Command {
  const examples = ['fence list', 'fence accept']
  const summary = 'show and accept what a restore may have lost'
  return group('fence', { summary, examples }, [listVerb(world), acceptVerb(world)])
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
