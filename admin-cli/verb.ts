// How a verb is made: the options that every verb has, examples and exit codes under its help, and
// the way its result becomes the exit code. What a verb does is in its own file.

import { Command, Option } from 'commander'
import { EvsError, EXIT } from '../admin-api/errors.ts'
import { configFile } from './config-file.ts'
import type { OpenAdmin, VerbWorld } from './world.ts'

export interface VerbAbout {
  readonly summary: string
  /** Without `evs`. */
  readonly examples: readonly string[]
  /** Exit codes with a meaning of their own, beside the common ones. */
  readonly exits?: Readonly<Record<number, string>>
  /** Works without a configuration. */
  readonly bare?: true
}

/** Options of every verb that works with a configuration. */
export interface ConfigOptions {
  readonly config?: string
  readonly dir?: string
}

const REQUIRED = 'Required options:'

const COMMON_EXITS: Readonly<Record<number, string>> = {
  0: 'done',
  [EXIT.failure]: 'failed',
  [EXIT.usage]: 'the command line or the configuration is wrong; nothing was tried',
}

const CONFIG_EXITS: Readonly<Record<number, string>> = {
  [EXIT.unreachable]: 'the switch cannot be reached, or is not ready',
  [EXIT.refused]: 'refused: a lock, a key, a version or a right stands in the way',
  [EXIT.damaged]: 'damaged: disk, journal or backup',
}

export function verb(world: VerbWorld, name: string, about: VerbAbout): Command {
  const command = new Command(name).summary(about.summary).description(sentence(about.summary))
  const exits = { ...COMMON_EXITS, ...(about.bare ? {} : CONFIG_EXITS), ...about.exits }
  if (about.bare !== true) {
    command.option('--config <file>', 'configuration; else EVS_CONFIG, else ./evs.yaml')
    command.option('--dir <folder>', 'folder of the configuration: <folder>/evs.yaml')
  }
  command.option('--json', 'one JSON value on standard output')
  command.option('--no-color', 'no colours; NO_COLOR does the same')
  command.version(world.version, '-V, --version', 'show the version')
  command.helpOption('-h, --help', 'show this help')
  return command.addHelpText('after', closing(about.examples, exits))
}

export function group(name: string, about: VerbAbout, verbs: readonly Command[]): Command {
  const command = new Command(name).summary(about.summary).description(sentence(about.summary))
  command.helpOption('-h, --help', 'show this help').helpCommand(false)
  for (const member of verbs) command.addCommand(member)
  return command.addHelpText('after', closing(about.examples, COMMON_EXITS))
}

/** The action of a verb: what it resolves to is the exit code, 0 when it says nothing. */
export function doing<Given extends unknown[]>(
  world: VerbWorld,
  run: (...given: Given) => Promise<number | undefined>,
): (...given: Given) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1)
    if (command instanceof Command) refuseMissing(command)
    world.ended((await run(...given)) ?? 0)
  }
}

/**
 * Makes an option required. Not by commander's own way, which tells of it before it looks at the
 * flags that it does not know: who writes --ledgr wants to hear of --ledgr.
 */
export function required(option: Option): Option {
  return option.helpGroup(REQUIRED)
}

function refuseMissing(command: Command): void {
  const missing = command.options.find((option) => {
    const value: unknown = command.getOptionValue(option.attributeName())
    return option.helpGroupHeading === REQUIRED && value === undefined
  })
  if (missing === undefined) return
  throw new EvsError('USAGE', { message: `${missing.flags} is missing` })
}

/** Runs with the admin API, and lets go of it however that ends. */
export async function withAdmin<Result>(
  world: VerbWorld,
  options: ConfigOptions,
  run: (admin: OpenAdmin) => Promise<Result>,
  need: { offline: boolean } = { offline: true },
): Promise<Result> {
  const admin = await world.openAdmin(configFile(world, options), need)
  try {
    return await run(admin)
  } finally {
    await admin.close()
  }
}

/** A number of the command line; Persian and Arabic digits are digits. */
export function wholeNumber(text: string, what: string): number {
  const digits = latinDigits(text)
  if (/^\d{1,15}$/.test(digits)) return Number(digits)
  throw new EvsError('USAGE', { message: `${what}: a whole number expected` })
}

export function latinDigits(text: string): string {
  return text.replaceAll(/[\u06f0-\u06f9\u0660-\u0669]/g, (digit) =>
    String(digit.charCodeAt(0) & 0x0f),
  )
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}

function closing(examples: readonly string[], exits: Readonly<Record<number, string>>): string {
  const shown = examples.map((example) => {
    return /\| evs /.test(example) ? `  $ ${example}` : `  $ evs ${example}`
  })
  const codes = Object.entries(exits).map(([code, meaning]) => `  ${code}  ${meaning}`)
  return ['', 'Examples:', ...shown, '', 'Exit codes:', ...codes].join('\n')
}

/** An option with a closed list of values. */
export function choice(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, description).choices(values)
}
