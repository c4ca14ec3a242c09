// `evs voucher`: single vouchers of a sale or in quarantine. Everything but looking needs two
// persons. A PIN is printed by `reveal` alone, once for each approval, to who gives his password
// again.

import type { Command } from 'commander'
import type { Voucher } from '../admin-api/control-schemas.ts'
import { EXIT } from '../admin-api/errors.ts'
import { type PasswordOptions, readPassword, withPasswordFile } from './password.ts'
import { type Column, type ListOptions, withListOptions, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, verb, wholeNumber, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

const COLUMNS: readonly Column<Voucher>[] = [
  { title: 'voucher', kind: 'number', of: (row) => row.id },
  { title: 'serial', of: (row) => row.serial },
  { title: 'state', of: (row) => row.state },
  { title: 'sale', kind: 'number', of: (row) => row.sale },
  { title: 'batch', kind: 'number', of: (row) => row.batch },
  { title: 'product', of: (row) => row.product },
  { title: 'expires', of: (row) => row.expires },
]
/** Beside the common ones. */
const EXITS = { [EXIT.refused]: 'a login, a right or a second person is missing' }

export function voucherVerb(world: VerbWorld): Command {
  const examples = ['voucher list --sale 41', 'voucher reveal 1007', 'voucher void 1007']
  const summary = 'list, reveal and void single vouchers'
  return group('voucher', { summary, examples }, [
    listVerb(world),
    revealVerb(world),
    changeVerb(world, 'void', 'take a voucher out of quarantine, never to be sold'),
    changeVerb(world, 'release', 'put a quarantined voucher back that was never sold'),
  ])
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the vouchers in quarantine, or those of a sale',
    examples: ['voucher list', 'voucher list --sale 41 --json'],
  }).option('--sale <number>', 'those of this sale')
  return withListOptions(command).action(
    doing(world, async (options: Options & { sale?: string }) => {
      const { sale } = options
      const query = sale === undefined ? {} : { sale: wholeNumber(sale, '--sale') }
      const rows = await withAdmin(world, options, (admin) => admin.vouchers(query))
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function revealVerb(world: VerbWorld): Command {
  const command = verb(world, 'reveal', {
    summary: 'print the PIN of a sold voucher, with your password and a second person',
    examples: ['voucher reveal 1007', 'voucher reveal 1007 --password-file -'],
    exits: EXITS,
  }).argument('<voucher>', 'its number, as `voucher list` shows it')
  return withPasswordFile(command).action(
    doing(world, async (voucher: string, options: Options & PasswordOptions) => {
      const id = wholeNumber(voucher, 'voucher')
      const password = await readPassword(world, options, { question: 'Your password' })
      const row = await withAdmin(world, options, (admin) => admin.revealVoucher(id, { password }))
      writeRows(world, options, {
        columns: [...COLUMNS.slice(0, 4), { title: 'PIN', of: () => row.voucherPin }],
        rows: [row],
        json: row,
      })
      return 0
    }),
  )
}

function changeVerb(world: VerbWorld, action: 'void' | 'release', summary: string): Command {
  return verb(world, action, { summary, examples: [`voucher ${action} 1007`], exits: EXITS })
    .argument('<voucher>', 'its number, as `voucher list` shows it')
    .action(
      doing(world, async (voucher: string, options: Options) => {
        const id = wholeNumber(voucher, 'voucher')
        const row = await withAdmin(world, options, (admin) => admin.changeVoucher(id, { action }))
        writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
        return 0
      }),
    )
}
