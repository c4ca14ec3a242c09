// `evs terminal block`, `unblock`, `retire` and `replace`. A terminal that is blocked or retired is
// refused new sales and reprints from its next message on; what it has open still ends.

import type { Command } from 'commander'
import { scheme, type Terminal } from '../admin-api/terminal-schemas.ts'
import { type ListOptions, writeJson, writeRows } from './rows.ts'
import { TERMINAL_COLUMNS } from './terminal-columns.ts'
import { type KeyOptions, terminalKey, withTerminalKey } from './terminal-key.ts'
import { type ConfigOptions, choice, doing, latinDigits, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions & KeyOptions

export function blockVerb(world: VerbWorld): Command {
  const summary = 'refuse a terminal from now on'
  return stateVerb(world, 'block', { state: 'blocked', summary })
}

export function unblockVerb(world: VerbWorld): Command {
  return stateVerb(world, 'unblock', { state: 'active', summary: 'let a terminal work again' })
}

export function retireVerb(world: VerbWorld): Command {
  const summary = 'refuse a terminal for ever; what it has open still ends'
  return stateVerb(world, 'retire', { state: 'retired', summary })
}

function stateVerb(
  world: VerbWorld,
  name: string,
  about: { readonly state: Terminal['state']; readonly summary: string },
): Command {
  const command = verb(world, name, {
    summary: about.summary,
    examples: [`terminal ${name} 10000001`, `terminal ${name} 10000001 --mid 000000000100001`],
  })
  return withTerminalKey(command).action(
    doing(world, async (given: string, options: Options) => {
      const row = await withAdmin(world, options, async (admin) => {
        const key = await terminalKey(admin, given, options)
        return admin.changeTerminal({ ...key, state: about.state })
      })
      writeRows(world, options, { columns: TERMINAL_COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

type ReplaceOptions = Options & { scheme?: Terminal['scheme'] }

export function replaceVerb(world: VerbWorld): Command {
  const command = verb(world, 'replace', {
    summary: 'retire a terminal and put another in its place',
    examples: ['terminal replace 10000001 10000009', 'terminal replace 10000001 10000009 --json'],
  })
  return withTerminalKey(command)
    .argument('<new-tid>', 'number of the new one')
    .addOption(choice('--scheme <keys>', 'its keys; else as the old one', scheme.options))
    .action(
      doing(world, async (given: string, by: string, options: ReplaceOptions) => {
        const row = await withAdmin(world, options, async (admin) => {
          const key = await terminalKey(admin, given, options)
          return admin.replaceTerminal({ ...key, by: latinDigits(by), scheme: options.scheme })
        })
        if (options.json === true) writeJson(world, row)
        else writeRows(world, options, { columns: TERMINAL_COLUMNS, rows: [row] })
        return 0
      }),
    )
}
