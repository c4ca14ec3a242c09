// The options of a trial's or benchmark's script: `--help` tells them, and what is misspelt or no
// number is refused with exit code 2 before anything starts. Every script has `--results FILE`.

import { type ParseArgsConfig, parseArgs } from 'node:util'

export interface TrialOption<Value> {
  readonly about: string
  readonly standard: Value
  /** Of text after the option's name; left out: the option stands alone and is true. */
  readonly read?: (text: string) => Value
  /** What stands after the name, in the help. */
  readonly takes?: string
}

type Options = Readonly<Record<string, TrialOption<unknown>>>
type Values<Of extends Options> = { readonly [Name in keyof Of]: Of[Name]['standard'] } & {
  readonly results: string | undefined
}

/** A whole number. */
export function count(about: string, standard: number): TrialOption<number>
export function count(about: string): TrialOption<number | undefined>
export function count(about: string, standard?: number): TrialOption<number | undefined> {
  return { about, standard, takes: 'N', read: (text) => numberOf(text, /^\d+$/, 'a whole number') }
}

/** A number that may have a fraction. */
export function amount(about: string, standard: number): TrialOption<number> {
  return {
    about,
    standard,
    takes: 'N',
    read: (text) => numberOf(text, /^\d+(\.\d+)?$/, 'a number'),
  }
}

export function text(about: string, takes: string): TrialOption<string | undefined> {
  return { about, standard: undefined, takes, read: (words) => words }
}

export function flag(about: string): TrialOption<boolean> {
  return { about, standard: false }
}

const RESULTS = text('adds the summary to this file, with date, Node version and command', 'FILE')

/** Reads the command line of `npm run SCRIPT`; ends the process for `--help` and for mistakes. */
export function trialOptions<Of extends Options>(
  script: { readonly name: string; readonly what: string },
  options: Of,
  parameters: readonly string[] = process.argv.slice(2),
): Values<Of> {
  const all: Options = { ...options, results: RESULTS }
  const read = readOptions(all, parameters)
  if ('values' in read) return read.values as Values<Of>
  if (read.mistake === undefined) process.stdout.write(helpOf(script, all))
  else {
    process.stderr.write(`${read.mistake}\n'npm run ${script.name} -- --help' tells the options\n`)
  }
  return process.exit(read.mistake === undefined ? 0 : 2)
}

/** Neither values nor a mistake: help was asked for. */
export function readOptions(
  options: Options,
  parameters: readonly string[],
): { values: Record<string, unknown> } | { mistake: string | undefined } {
  const known: ParseArgsConfig['options'] = { help: { type: 'boolean', short: 'h' } }
  for (const [name, { read }] of Object.entries(options)) {
    known[dashed(name)] = { type: read === undefined ? 'boolean' : 'string' }
  }
  try {
    const { values: given } = parseArgs({ options: known, args: [...parameters] })
    if (given.help === true) return { mistake: undefined }
    const values: Record<string, unknown> = {}
    for (const [name, { standard, read }] of Object.entries(options)) {
      const value = given[dashed(name)]
      values[name] = typeof value === 'string' ? readAs(name, read, value) : (value ?? standard)
    }
    return { values }
  } catch (error) {
    return { mistake: (error as Error).message }
  }
}

function readAs(name: string, read: TrialOption<unknown>['read'], given: string): unknown {
  try {
    return read?.(given)
  } catch (error) {
    throw new Error(`--${dashed(name)}: ${(error as Error).message}`)
  }
}

function numberOf(words: string, pattern: RegExp, kind: string): number {
  if (!pattern.test(words)) throw new Error(`'${words}' is not ${kind}`)
  return Number(words)
}

export function helpOf(
  { name, what }: { readonly name: string; readonly what: string },
  options: Options,
): string {
  const rows = Object.entries(options).map(([key, { takes, about, standard }]) => {
    const usual = typeof standard === 'number' ? ` (${standard})` : ''
    return [
      `--${dashed(key)}${takes === undefined ? '' : ` ${takes}`}`,
      `${about}${usual}`,
    ] as const
  })
  const width = Math.max(...rows.map(([left]) => left.length))
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
  return `npm run ${name} -- [options]\n\n${what}\n\n${lines.join('\n')}\n`
}

/** `killMinutes` is `--kill-minutes`. */
function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
