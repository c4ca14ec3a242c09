// `evs terminal`: the devices of a merchant. A blocked terminal is refused from its next message
// on.

import { type Command, Option } from 'commander'
import { EvsError } from '../admin-api/errors.ts'
import { scheme, type Terminal } from '../admin-api/schemas.ts'
import { institutionOf, withInstitution } from './merchant.ts'
import { type Column, type ListOptions, withListOptions, writeRows } from './rows.ts'
import {
  type ConfigOptions,
  choice,
  doing,
  group,
  latinDigits,
  required,
  verb,
  withAdmin,
} from './verb.ts'
import type { OpenAdmin, VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions & { institution: string; mid?: string }

const COLUMNS: readonly Column<Terminal>[] = [
  { title: 'TID', of: (row) => row.tid },
  { title: 'MID', of: (row) => row.mid },
  { title: 'keys', of: (row) => row.scheme },
  { title: 'institution', kind: 'number', of: (row) => row.institution },
  { title: 'enabled', of: (row) => row.enabled },
]

export function terminalVerb(world: VerbWorld): Command {
  const examples = [
    'terminal add --tid 10000001 --mid 000000000100001 --scheme none',
    'terminal block 10000001',
  ]
  return group('terminal', { summary: 'add, list, block and unblock terminals', examples }, [
    addVerb(world),
    listVerb(world),
    blockVerb(world, 'block', false),
    blockVerb(world, 'unblock', true),
  ])
}

function addVerb(world: VerbWorld): Command {
  const command = verb(world, 'add', {
    summary: 'add a terminal to a merchant',
    examples: ['terminal add --tid 10000001 --mid 000000000100001 --scheme none --json'],
  })
    .addOption(required(new Option('--tid <id>', 'its number, 1 to 8 characters')))
    .addOption(required(new Option('--mid <id>', 'the merchant')))
    .addOption(required(choice('--scheme <keys>', 'its keys', scheme.options)))
  return withInstitution(command).action(
    doing(
      world,
      async (options: Options & { tid: string; mid: string; scheme: Terminal['scheme'] }) => {
        const terminal = {
          tid: latinDigits(options.tid),
          mid: latinDigits(options.mid),
          scheme: options.scheme,
          institution: institutionOf(options),
        }
        const row = await withAdmin(world, options, (admin) => admin.addTerminal(terminal))
        writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
        return 0
      },
    ),
  )
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the terminals, of one merchant or all',
    examples: ['terminal list', 'terminal list --mid 000000000100001 --json'],
  }).option('--mid <id>', 'only those of this merchant')
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const mid = options.mid === undefined ? undefined : latinDigits(options.mid)
      const rows = await withAdmin(world, options, (admin) => admin.terminals({ mid }))
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function blockVerb(world: VerbWorld, name: 'block' | 'unblock', enabled: boolean): Command {
  const command = verb(world, name, {
    summary: enabled ? 'let a terminal work again' : 'refuse a terminal from now on',
    examples: [`terminal ${name} 10000001`, `terminal ${name} 10000001 --mid 000000000100001`],
  })
    .argument('<tid>', 'its number')
    .option('--mid <id>', 'its merchant, where several have such a terminal')
  return withInstitution(command).action(
    doing(world, async (given: string, options: Options) => {
      const tid = latinDigits(given)
      const row = await withAdmin(world, options, async (admin) => {
        const mid = await merchantOf(admin, tid, options)
        const institution = institutionOf(options)
        return admin.changeTerminal({ tid, mid, institution, enabled })
      })
      writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

/** A TID may be used by several merchants; then the merchant must be named. */
async function merchantOf(admin: OpenAdmin, tid: string, options: Options): Promise<string> {
  if (options.mid !== undefined) return latinDigits(options.mid)
  const institution = institutionOf(options)
  const all = await admin.terminals({})
  const found = all.filter((row) => row.tid === tid && row.institution === institution)
  const [only, another] = found
  if (only === undefined)
    throw new EvsError('NOT_FOUND', { message: `there is no terminal ${tid}` })
  if (another === undefined) return only.mid
  const owners = found.map((row) => row.mid).join(', ')
  throw new EvsError('USAGE', { message: `terminal ${tid} of which merchant? --mid: ${owners}` })
}
