// `evs config`: what is wrong with the configuration, what is in force, and which settings there
// are. It reads the file and the environment, and no switch.

import type { Command } from 'commander'
import { configFile } from './config-file.ts'
import { invalid } from './config-problems.ts'
import { type ListOptions, withListOptions, writeJson, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, verb } from './verb.ts'
import type { ConfigKeyRow, VerbWorld } from './world.ts'

/** Also of the configuration of a gateway. */
export const NO_FILES = 'do not read the files of certificates: they are on another machine'

type Options = ConfigOptions & ListOptions

export function configVerb(world: VerbWorld): Command {
  return group(
    'config',
    {
      summary: 'check, print and list settings',
      examples: ['config check --dir shop', 'config print', 'config keys'],
    },
    [checkVerb(world), printVerb(world), keysVerb(world)],
  )
}

function checkVerb(world: VerbWorld): Command {
  return verb(world, 'check', {
    summary: 'tell everything that is wrong with the configuration',
    examples: [
      'config check --dir shop',
      'config check --config /etc/evs/evs.yaml --json',
      'config check --config evs.yaml --no-files',
    ],
  })
    .option('--no-files', NO_FILES)
    .action(
      doing(world, async (options: Options & { files: boolean }) => {
        const file = configFile(world, options)
        const problems = await world.rooms.configProblems(file, { files: options.files })
        if (problems.length > 0) throw invalid(problems)
        if (options.json === true) writeJson(world, { ok: true, file })
        else world.stdout.write(`${file} is in order\n`)
        return 0
      }),
    )
}

function printVerb(world: VerbWorld): Command {
  return verb(world, 'print', {
    summary: 'print the configuration that is in force, with all defaults',
    examples: ['config print --dir shop', 'config print --json | jq .timeouts'],
  }).action(
    doing(world, async (options: Options) => {
      const { yaml, settings } = await world.rooms.configPrinted(configFile(world, options))
      if (options.json === true) writeJson(world, settings)
      else world.stdout.write(yaml)
      return 0
    }),
  )
}

function keysVerb(world: VerbWorld): Command {
  const command = verb(world, 'keys', {
    summary: 'list every setting with its variable, default and meaning',
    examples: ['config keys', 'config keys --csv > settings.csv'],
    bare: true,
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      writeKeys(world, options, await world.rooms.configKeys())
      return 0
    }),
  )
}

/** Also for the settings of a gateway. */
export function writeKeys(
  world: VerbWorld,
  options: ListOptions,
  rows: readonly ConfigKeyRow[],
): void {
  writeRows(world, options, {
    rows,
    columns: [
      { title: 'setting', of: (key) => key.path },
      { title: 'default', of: (key) => key.default ?? 'required' },
      { title: 'variable', of: (key) => key.env },
      { title: 'meaning', of: (key) => key.description },
    ],
  })
}
