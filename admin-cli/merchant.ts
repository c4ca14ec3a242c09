// `evs merchant`: who sells. A merchant that is disabled sells nothing from the next sale
// on.

import { type Command, Option } from 'commander'
import type { Merchant } from '../admin-api/schemas.ts'
import { type Column, type ListOptions, withListOptions, writeRows } from './rows.ts'
import {
  type ConfigOptions,
  doing,
  group,
  latinDigits,
  required,
  verb,
  wholeNumber,
  withAdmin,
} from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions & { institution: string }

const COLUMNS: readonly Column<Merchant>[] = [
  { title: 'MID', of: (row) => row.mid },
  { title: 'name', of: (row) => row.name },
  { title: 'city', of: (row) => row.city },
  { title: 'institution', kind: 'number', of: (row) => row.institution },
  { title: 'terminals', kind: 'number', of: (row) => row.terminals },
  { title: 'enabled', of: (row) => row.enabled },
]

export function merchantVerb(world: VerbWorld): Command {
  const examples = ["merchant add --mid 000000000100001 --name 'Corner Shop'", 'merchant list']
  return group('merchant', { summary: 'add, list, enable and disable merchants', examples }, [
    addVerb(world),
    listVerb(world),
    enableVerb(world, 'enable', true),
    enableVerb(world, 'disable', false),
  ])
}

function addVerb(world: VerbWorld): Command {
  const command = verb(world, 'add', {
    summary: 'add a merchant',
    examples: ["merchant add --mid 000000000100001 --name 'Corner Shop' --city Tabriz --json"],
  })
    .addOption(required(new Option('--mid <id>', 'its number, 1 to 15 characters')))
    .addOption(required(new Option('--name <name>', 'its name, as on receipts')))
    .option('--city <city>', 'its city', 'Tehran')
  return withInstitution(command).action(
    doing(world, async (options: Options & { mid: string; name: string; city: string }) => {
      const { name, city } = options
      const institution = institutionOf(options)
      const merchant = { mid: latinDigits(options.mid), name, city, institution }
      const row = await withAdmin(world, options, (admin) => admin.addMerchant(merchant))
      writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the merchants',
    examples: ['merchant list', 'merchant list --json'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const rows = await withAdmin(world, options, (admin) => admin.merchants())
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function enableVerb(world: VerbWorld, name: 'enable' | 'disable', enabled: boolean): Command {
  const command = verb(world, name, {
    summary: enabled ? 'let a merchant sell again' : 'let a merchant sell no more',
    examples: [`merchant ${name} 000000000100001`],
  }).argument('<mid>', 'its number')
  return withInstitution(command).action(
    doing(world, async (given: string, options: Options) => {
      const mid = latinDigits(given)
      const change = { institution: institutionOf(options), enabled }
      const row = await withAdmin(world, options, (admin) => admin.changeMerchant(mid, change))
      writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

/** Own merchants are those of institution 0. */
export function withInstitution(command: Command): Command {
  return command.option('--institution <number>', 'whose merchant it is; 0 is ourselves', '0')
}

export function institutionOf(options: { institution: string }): number {
  return wholeNumber(options.institution, '--institution')
}
