// `evs key`: master keys of terminals, institutions and card hosts, and zone keys. Parts go to
// files of their own, never to the screen; a check value is all that is shown of a key.

import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { ceremonyVerbs } from './key-ceremony.ts'
import { KEY_COLUMNS, KEY_STATE_COLUMNS } from './key-columns.ts'
import {
  type OwnerOptions,
  ownerOf,
  ownerText,
  partsOf,
  type Scheme,
  schemeOption,
  withOwner,
} from './key-owner.ts'
import { openPartFiles, readPart } from './key-parts.ts'
import { type ListOptions, withListOptions, writeJson, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, required, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions & OwnerOptions

export function keyVerb(world: VerbWorld): Command {
  const examples = [
    'key issue --tid 10000001 --mid 000000000100001 --scheme aes --out parts',
    'key begin load --card-host bank --scheme tdes --parts 2 --check-value 0A1B2C',
    'key list',
  ]
  const summary = 'issue, load, list and remove keys of terminals and links'
  return group('key', { summary, examples }, [
    issueVerb(world),
    loadVerb(world),
    zoneVerb(world),
    listVerb(world),
    removeVerb(world),
    ...ceremonyVerbs(world),
  ])
}

function issueVerb(world: VerbWorld): Command {
  const command = verb(world, 'issue', {
    summary: 'make a master key, and write all its parts to files in one place',
    examples: [
      'key issue --tid 10000001 --mid 000000000100001 --scheme aes --out parts',
      'key issue --listener bank --scheme tdes --parts 2 --out parts',
    ],
  })
    .addOption(schemeOption())
    .addOption(required(new Option('--out <folder>', 'where the files of the parts are written')))
    .option('--parts <number>', 'how many parts, 2 to 9', '3')
  return withOwner(command).action(
    doing(world, async (options: Options & { scheme: Scheme; out: string; parts: string }) => {
      const parts = partsOf(options)
      const { scheme } = options
      const owner = ownerOf(options)
      const places = openPartFiles(resolve(world.cwd, options.out), ownerText(owner), parts)
      const key = await withAdmin(world, options, (admin) =>
        admin.issueKey({ owner, scheme, parts }),
      ).catch((error: unknown) => {
        places.drop()
        throw error
      })
      const files = places.write(key)
      const { checkValue } = key
      const json = { owner: key.owner, scheme, checkValue, files }
      if (options.json === true) writeJson(world, json)
      else {
        world.stdout.write(
          `${ownerText(owner).words}: check value ${checkValue}\n${files.join('\n')}\n`,
        )
        world.stderr.write('hand each file to another custodian, then destroy it\n')
      }
      return 0
    }),
  )
}

function loadVerb(world: VerbWorld): Command {
  const command = verb(world, 'load', {
    summary: 'load a master key from the files of its parts, all in one place',
    examples: ['key load --card-host bank --scheme tdes --part a.txt --part b.txt'],
  })
    .addOption(schemeOption())
    .addOption(
      required(
        new Option('--part <file>', 'the file of one part; once for each').argParser(
          (file: string, before: string[] | undefined) => [...(before ?? []), file],
        ),
      ),
    )
    .option('--check-value <hex>', 'of the whole key, as the other side printed it')
  return withOwner(command).action(
    doing(
      world,
      async (options: Options & { scheme: Scheme; part: string[]; checkValue?: string }) => {
        const { scheme } = options
        const parts = options.part.map((file) => readPart(world.cwd, file, scheme))
        const checkValue = options.checkValue?.toUpperCase()
        const owner = ownerOf(options)
        const row = await withAdmin(world, options, (admin) =>
          admin.loadKey({
            ...{ owner, scheme, parts },
            ...(checkValue === undefined ? {} : { checkValue }),
          }),
        )
        writeRows(world, options, { columns: KEY_COLUMNS, rows: [row], json: row })
        return 0
      },
    ),
  )
}

function zoneVerb(world: VerbWorld): Command {
  return verb(world, 'zone', {
    summary: 'new session keys for an institution, as TR-31 blocks',
    examples: ['key zone --listener bank --json'],
  })
    .addOption(required(new Option('--listener <name>', 'its listener in the configuration')))
    .action(
      doing(world, async (options: ConfigOptions & ListOptions & { listener: string }) => {
        const owner = { kind: 'institution', name: options.listener, institution: 0 } as const
        const blocks = await withAdmin(world, options, (admin) => admin.makeZoneKeys({ owner }))
        if (options.json === true) writeJson(world, blocks)
        else {
          const { macKey, pinKey, dataKey } = blocks
          world.stdout.write(`MAC key   ${macKey}\nPIN key   ${pinKey}\ndata key  ${dataKey}\n`)
        }
        return 0
      }),
    )
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the master keys by check value, and whether keys open',
    examples: ['key list', 'key list --json'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const rows = await withAdmin(world, options, (admin) => admin.keys())
      writeRows(world, options, { columns: KEY_STATE_COLUMNS, rows })
      return 0
    }),
  )
}

function removeVerb(world: VerbWorld): Command {
  const command = verb(world, 'remove', {
    summary: 'remove the keys of a terminal or a link: it cannot log on any more',
    examples: ['key remove --tid 10000001 --mid 000000000100001'],
  })
  return withOwner(command).action(
    doing(world, async (options: Options) => {
      const owner = ownerOf(options)
      const row = await withAdmin(world, options, (admin) => admin.removeKeys({ owner }))
      writeRows(world, options, { columns: KEY_COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}
