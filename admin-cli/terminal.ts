// `evs terminal`: the devices of a merchant, registered one by one or as a list, and changed.
// The verbs that end or interrupt the life of one are in `terminal-life.ts`.

import { type Command, Option } from 'commander'
import { EvsError } from '../admin-api/errors.ts'
import {
  scheme,
  type Terminal,
  type TerminalDetail,
  terminalState,
} from '../admin-api/terminal-schemas.ts'
import { type LimitOptions, limitsOf, textOrNone, withLimits } from './facts.ts'
import { listImportVerb } from './list-import.ts'
import { institutionOf, withInstitution } from './merchant.ts'
import { type PageOptions, SHOWN, withPageOptions, writePages } from './pages.ts'
import {
  type Cell,
  type ListOptions,
  withListOptions,
  writeJson,
  writeProperties,
  writeRows,
} from './rows.ts'
import { TERMINAL_COLUMNS } from './terminal-columns.ts'
import { type KeyOptions, terminalKey, withTerminalKey } from './terminal-key.ts'
import { blockVerb, replaceVerb, retireVerb, unblockVerb } from './terminal-life.ts'
import {
  type ConfigOptions,
  choice,
  doing,
  group,
  latinDigits,
  required,
  verb,
  wholeNumber,
  withAdmin,
} from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions & KeyOptions

interface FactOptions extends LimitOptions {
  readonly name?: string
  readonly setting?: string[]
}

export function terminalVerb(world: VerbWorld): Command {
  const examples = [
    'terminal add --tid 10000001 --mid 000000000100001 --scheme none',
    'terminal import fleet.csv',
    'terminal block 10000001',
  ]
  return group('terminal', { summary: 'add, list, import and change terminals', examples }, [
    addVerb(world),
    setVerb(world),
    listVerb(world),
    showVerb(world),
    blockVerb(world),
    unblockVerb(world),
    retireVerb(world),
    replaceVerb(world),
    listImportVerb(world, {
      what: 'terminal',
      columns: 'mid, tid, scheme, institution, name, limitCount, limitRial, settings',
      send: (admin, request, chunks) => admin.importTerminals(request, chunks),
    }),
  ])
}

function withFacts(command: Command): Command {
  command.option('--name <text>', 'where it stands, or none')
  command.option(
    '--setting <name=value>',
    'a parameter for its software; may be repeated, name= takes it away',
    (pair: string, before: string[] = []) => [...before, pair],
  )
  return withLimits(command)
}

type NewOptions = Options & FactOptions & { tid: string; mid: string; scheme: Terminal['scheme'] }

function addVerb(world: VerbWorld): Command {
  const command = verb(world, 'add', {
    summary: 'add a terminal to a merchant',
    examples: ['terminal add --tid 10000001 --mid 000000000100001 --scheme none --json'],
  })
    .addOption(required(new Option('--tid <id>', 'its number, 1 to 8 characters')))
    .addOption(required(new Option('--mid <id>', 'the merchant')))
    .addOption(required(choice('--scheme <keys>', 'its keys', scheme.options)))
  return withFacts(withInstitution(command)).action(
    doing(world, async (options: NewOptions) => {
      const terminal = {
        tid: latinDigits(options.tid),
        mid: latinDigits(options.mid),
        scheme: options.scheme,
        institution: institutionOf(options),
        ...factsOf(options),
        ...(options.setting === undefined ? {} : { settings: settingsOf(options.setting) }),
      }
      const row = await withAdmin(world, options, (admin) => admin.addTerminal(terminal))
      writeRows(world, options, { columns: TERMINAL_COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

function setVerb(world: VerbWorld): Command {
  const command = verb(world, 'set', {
    summary: 'change what is given of a terminal; the rest stays',
    examples: [
      'terminal set 10000001 --limit-count 200 --limit-rial none',
      'terminal set 10000001 --setting volume=3 --setting advert=',
    ],
  })
  return withFacts(
    withTerminalKey(command).option('--unbind', 'the next logon binds its serial number anew'),
  ).action(
    doing(world, async (given: string, options: Options & FactOptions & { unbind?: boolean }) => {
      const { setting, unbind } = options
      const row = await withAdmin(world, options, async (admin) => {
        const key = await terminalKey(admin, given, options)
        const single = setting === undefined ? {} : { settingChanges: pairsOf(setting) }
        const serial = unbind === true ? { serial: null } : {}
        return admin.changeTerminal({ ...key, ...factsOf(options), ...single, ...serial })
      })
      writeRows(world, options, { columns: TERMINAL_COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

/** Only what was given. */
function factsOf({ name, ...limits }: FactOptions) {
  return { ...limitsOf(limits), ...(name === undefined ? {} : { name: textOrNone(name) }) }
}

/** Null: it is taken away. The last of a name counts. */
function pairsOf(given: readonly string[]): Record<string, string | null> {
  const pairs = given.map((pair): [string, string | null] => {
    const at = pair.indexOf('=')
    if (at < 1) throw new EvsError('USAGE', { message: '--setting: name=value expected' })
    return [pair.slice(0, at), at === pair.length - 1 ? null : pair.slice(at + 1)]
  })
  return Object.fromEntries(pairs)
}

/** Those of a terminal that is new. */
function settingsOf(given: readonly string[]): Record<string, string> {
  const kept = Object.entries(pairsOf(given)).filter(([, value]) => value !== null)
  return Object.fromEntries(kept) as Record<string, string>
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: `list the terminals: ${SHOWN} as a table, all with --json or --csv`,
    examples: [
      'terminal list --mid 000000000100001',
      'terminal list --state blocked --csv',
      'terminal list --not-seen-since 2026-11-01T00:00:00Z --json',
    ],
  })
    .option('--tid <id>', 'only those with this number')
    .option('--mid <id>', 'only those of this merchant')
    .option('--institution <number>', 'only those of this institution')
    .addOption(choice('--state <state>', 'only in this state', terminalState.options))
    .option('--not-seen-since <moment>', 'only those that were not seen since, or never')
  return withListOptions(withPageOptions(command)).action(
    doing(world, async (options: ListingOptions) => {
      const filter = filterOf(options)
      await withAdmin(world, options, (admin) =>
        writePages(world, options, TERMINAL_COLUMNS, async (asked) => {
          const { terminals, after } = await admin.terminals({ ...filter, ...asked })
          return { rows: terminals, after }
        }),
      )
      return 0
    }),
  )
}

interface ListingOptions extends ConfigOptions, PageOptions {
  readonly tid?: string
  readonly mid?: string
  readonly institution?: string
  readonly state?: Terminal['state']
  readonly notSeenSince?: string
}

function filterOf({ tid, mid, institution, state, notSeenSince }: ListingOptions) {
  const digits = (text: string | undefined) => (text === undefined ? text : latinDigits(text))
  return {
    ...{ tid: digits(tid), mid: digits(mid), state, notSeenSince: digits(notSeenSince) },
    institution: institution === undefined ? undefined : wholeNumber(institution, '--institution'),
  }
}

function showVerb(world: VerbWorld): Command {
  const command = verb(world, 'show', {
    summary: 'show everything that is known of a terminal',
    examples: ['terminal show 10000001', 'terminal show 10000001 --json'],
  })
  return withTerminalKey(command).action(
    doing(world, async (given: string, options: Options) => {
      const found = await withAdmin(world, options, async (admin) => {
        return admin.terminal(await terminalKey(admin, given, options))
      })
      if (options.json === true) return void writeJson(world, found)
      const { settings, today, keys, ...about } = found
      const set = Object.entries(settings).map(([name, value]): [string, Cell] => {
        return [`setting ${name}`, value]
      })
      const sold: [string, Cell][] = [
        ['sold today', today.count],
        ['rial today', today.rial],
      ]
      writeProperties(world, [...Object.entries(about), ...keysOf(keys), ...sold, ...set])
      return 0
    }),
  )
}

function keysOf(keys: TerminalDetail['keys']): [string, Cell][] {
  if (keys === null) return []
  const { checkValue, masterKey, sessionKeys, active, pending } = keys
  return [
    ['master key', masterKey],
    ['check value', checkValue],
    ['session keys', sessionKeys],
    ['active generation', active],
    ['pending generation', pending],
  ]
}
