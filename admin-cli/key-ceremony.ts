// `evs key begin`, `part`, `take`, `finish`, `cancel` and `ceremonies`: a master key whose parts
// come from several custodians, or go to them, each in a session of his own. A part is typed
// without an echo and shown once, to whom it is for; it is never an argument.

import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { KeyCeremony } from '../admin-api/ceremony-schemas.ts'
import { EvsError } from '../admin-api/errors.ts'
import { KEY_COLUMNS } from './key-columns.ts'
import {
  type OwnerOptions,
  ownerOf,
  partsOf,
  type Scheme,
  schemeOption,
  withOwner,
} from './key-owner.ts'
import { newFile, partIn, partText, type ReadPart } from './key-parts.ts'
import { secretFile } from './password.ts'
import { type Column, type ListOptions, withListOptions, writeJson, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, verb, withAdmin } from './verb.ts'
import type { OpenAdmin, VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions
type BeginOptions = Options & OwnerOptions & { readonly scheme: Scheme; readonly parts: string }

/** A ceremony lives in the running switch. */
const RUNNING = { offline: false }

const COLUMNS: readonly Column<KeyCeremony>[] = [
  { title: 'ceremony', of: (row) => row.id },
  { title: 'what', of: (row) => row.kind },
  { title: 'owner', of: (row) => row.whose },
  { title: 'scheme', of: (row) => row.scheme },
  { title: 'check value', of: (row) => row.checkValue },
  { title: 'parts', of: (row) => row.parts.map(partShown).join(', ') },
  { title: 'begun by', of: (row) => row.startedBy },
  { title: 'until', of: (row) => row.endsAt },
]

export function ceremonyVerbs(world: VerbWorld): Command[] {
  const examples = [
    'key begin load --card-host bank --scheme tdes --parts 2',
    'key begin issue --tid 10000001 --mid 000000000100001 --scheme aes',
  ]
  const summary = 'begin a ceremony in which each custodian has his own part of a key'
  return [
    group('begin', { summary, examples }, [beginLoadVerb(world), beginIssueVerb(world)]),
    partVerb(world),
    takeVerb(world),
    finishVerb(world),
    cancelVerb(world),
    listVerb(world),
  ]
}

function beginLoadVerb(world: VerbWorld): Command {
  const command = verb(world, 'load', {
    summary: 'begin to load a key whose parts its custodians enter',
    examples: ['key begin load --card-host bank --scheme tdes --parts 2 --check-value 9F3A11'],
  })
    .addOption(schemeOption())
    .option('--parts <number>', 'how many parts, 2 to 9', '3')
    .option('--check-value <hex>', 'of the whole key, as the other side printed it')
  return withOwner(command).action(
    doing(world, async (options: BeginOptions & { checkValue?: string }) => {
      const checkValue = options.checkValue?.toUpperCase()
      const start = {
        ...beginning(options),
        ...(checkValue === undefined ? {} : { checkValue }),
      }
      const row = await withAdmin(world, options, (admin) => admin.startKeyLoad(start), RUNNING)
      return told(world, options, row, `each custodian: evs key part ${row.id}`)
    }),
  )
}

function beginIssueVerb(world: VerbWorld): Command {
  const command = verb(world, 'issue', {
    summary: 'make a key whose parts its custodians take',
    examples: ['key begin issue --tid 10000001 --mid 000000000100001 --scheme aes --parts 2'],
  })
    .addOption(schemeOption())
    .option('--parts <number>', 'how many parts, 2 to 9', '3')
  return withOwner(command).action(
    doing(world, async (options: BeginOptions) => {
      const start = beginning(options)
      const row = await withAdmin(world, options, (admin) => admin.startKeyIssue(start), RUNNING)
      return told(world, options, row, `each custodian: evs key take ${row.id}`)
    }),
  )
}

function partVerb(world: VerbWorld): Command {
  return verb(world, 'part', {
    summary: 'enter your part of a key that is being loaded',
    examples: ['key part 1f0c77ab', 'key part 1f0c77ab --part-file -'],
  })
    .argument('<ceremony>', 'its number, as `key ceremonies` shows it')
    .option('--part-file <file>', 'read the part from its file, or - for standard input')
    .action(
      doing(world, async (id: string, options: Options & { partFile?: string }) => {
        const row = await withAdmin(
          world,
          options,
          async (admin) => {
            const { scheme, whose } = await ceremony(admin, id)
            const { partFile: file } = options
            const part =
              file === undefined
                ? await typedPart(world, whose, scheme)
                : partIn(await secretFile(world, file, '--part-file'), '--part-file', scheme)
            return admin.enterKeyPart(id, part)
          },
          RUNNING,
        )
        const ready = `all parts are in; an officer: evs key finish ${id}`
        return told(world, options, row, row.checkValue === null ? '' : ready)
      }),
    )
}

function takeVerb(world: VerbWorld): Command {
  return verb(world, 'take', {
    summary: 'take your part of a key that is issued: it is shown this once',
    examples: ['key take 1f0c77ab', 'key take 1f0c77ab --out part.txt'],
  })
    .argument('<ceremony>', 'its number, as `key ceremonies` shows it')
    .addOption(new Option('--out <file>', 'a new file for your eyes, in place of the terminal'))
    .action(
      doing(world, async (id: string, options: Options & { out?: string }) => {
        const { out, json } = options
        if (out === undefined && (json === true || !world.stdout.isTTY)) {
          const message = 'a part is shown on a terminal, or written to a new file'
          throw new EvsError('USAGE', { message, hint: 'give --out with the name of the file' })
        }
        const file = out === undefined ? undefined : resolve(world.cwd, out)
        const place = file === undefined ? undefined : newFile(file)
        const take = (admin: OpenAdmin) => admin.takeKeyPart(id)
        const { taken, part, ...about } = await withAdmin(world, options, take, RUNNING).catch(
          (error: unknown) => {
            place?.drop()
            throw error
          },
        )
        const text = partText({ ...about, part, created: taken })
        if (place === undefined) world.stdout.write(text)
        else place.write(text)
        if (json === true) writeJson(world, { ...about, taken, file })
        else if (file !== undefined)
          world.stdout.write(`${file}: check value ${about.checkValue}\n`)
        if (json !== true && about.last)
          world.stderr.write('it was the last: the key is in force\n')
        return 0
      }),
    )
}

function finishVerb(world: VerbWorld): Command {
  return verb(world, 'finish', {
    summary: 'put a key in force whose parts are all entered, with a second officer',
    examples: ['key finish 1f0c77ab'],
  })
    .argument('<ceremony>', 'its number, as `key ceremonies` shows it')
    .action(
      doing(world, async (id: string, options: Options) => {
        const row = await withAdmin(
          world,
          options,
          async (admin) => {
            const { owner, checkValue, parts } = await ceremony(admin, id)
            const missing = parts.filter(({ by }) => by === null).length
            if (checkValue !== null) return admin.finishKeyLoad(id, { owner, checkValue })
            const message = `${missing} of ${parts.length} parts are missing`
            throw new EvsError('CONFLICT', { message, hint: '`evs key part` enters one' })
          },
          RUNNING,
        )
        writeRows(world, options, { columns: KEY_COLUMNS, rows: [row], json: row })
        return 0
      }),
    )
}

function cancelVerb(world: VerbWorld): Command {
  return verb(world, 'cancel', {
    summary: 'end a ceremony and drop its parts',
    examples: ['key cancel 1f0c77ab'],
  })
    .argument('<ceremony>', 'its number, as `key ceremonies` shows it')
    .action(
      doing(world, async (id: string, options: Options) => {
        const cancel = (admin: OpenAdmin) => admin.cancelKeyCeremony(id)
        return told(world, options, await withAdmin(world, options, cancel, RUNNING), '')
      }),
    )
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'ceremonies', {
    summary: 'list the ceremonies that are open',
    examples: ['key ceremonies', 'key ceremonies --json'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const rows = await withAdmin(world, options, (admin) => admin.keyCeremonies(), RUNNING)
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function beginning(options: BeginOptions) {
  return { owner: ownerOf(options), scheme: options.scheme, parts: partsOf(options) }
}

function told(world: VerbWorld, options: Options, row: KeyCeremony, next: string): number {
  writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
  if (next !== '' && options.json !== true) world.stderr.write(`${next}\n`)
  return 0
}

async function ceremony(admin: OpenAdmin, id: string): Promise<KeyCeremony> {
  const found = (await admin.keyCeremonies()).find((one) => one.id === id)
  if (found !== undefined) return found
  const hint = 'it has ended, or the switch was started anew: `evs key ceremonies` lists them'
  throw new EvsError('NOT_FOUND', { message: `there is no open key ceremony ${id}`, hint })
}

/** Typed once: the check value beside it on the print-out tells a slip of the finger. */
async function typedPart(world: VerbWorld, whose: string, scheme: string): Promise<ReadPart> {
  const part = await asked(world, `Your part for ${whose} (${scheme}), 32 hex characters: `)
  const checkValue = await asked(world, 'Its check value, 6 hex characters: ')
  if (!/^[0-9A-Fa-f]{6}$/.test(checkValue.trim())) {
    throw new EvsError('USAGE', { message: 'the check value of a part has 6 hex characters' })
  }
  return { part: part.trim(), checkValue: checkValue.trim().toUpperCase() }
}

async function asked(world: VerbWorld, question: string): Promise<string> {
  const answer = await world.askSecret(question)
  if (answer !== undefined) return answer
  const message = 'there is no terminal to type the part on'
  throw new EvsError('USAGE', { message, hint: 'give --part-file with a file, or -' })
}

function partShown({ part, by, checkValue }: KeyCeremony['parts'][number]): string {
  return by === null ? `${part}: -` : `${part}: ${by} ${checkValue}`
}
