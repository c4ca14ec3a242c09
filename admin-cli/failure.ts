// How a command tells that it failed: one paragraph on standard error, with --json the same as one
// object on standard output, and the exit code of the error. Stacks are shown to nobody.

import { CommanderError } from 'commander'
import { EvsError, EXIT } from '../admin-api/errors.ts'
import { jsonText } from '../protocol/values/json-text.ts'
import { printable } from './printable.ts'
import type { World } from './world.ts'

/** The exit code of what was thrown, after it was told. */
export function fail(world: World, error: unknown, about: { json: boolean; help: string }): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    // Without a verb: the help is on standard error already.
    if (error.code === 'commander.help') return EXIT.usage
    return tell(world, usageError(error, about.help), about.json)
  }
  return tell(world, error instanceof EvsError ? error : unexpected(error), about.json)
}

function tell(world: World, error: EvsError, json: boolean): number {
  const { code, message, hint, details } = error
  // What took no output takes no error either.
  if (json && code !== 'OUTPUT_LOST') {
    const body = { error: { code, message, hint, ...(details === undefined ? {} : { details }) } }
    unlessLost(() => world.stdout.write(`${jsonText(body)}\n`))
  }
  world.stderr.write(`evs: ${code}: ${printable(message, 'lines')}\n`)
  if (hint !== '') world.stderr.write(`  ${printable(hint)}\n`)
  return error.exitCode
}

/** What went wrong first is told on standard error all the same. */
function unlessLost(write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!(error instanceof EvsError && error.code === 'OUTPUT_LOST')) throw error
  }
}

function usageError(error: CommanderError, help: string): EvsError {
  const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n')
  const near = more.join(' ').replace(/^\(Did/, '(did')
  const message = near === '' ? first : `${first} ${near}`
  return new EvsError('USAGE', { message, hint: `\`${help} --help\` shows it with examples` })
}

/** Errors of other rooms carry a code and a hint of their own; anything else is a fault. */
function unexpected(error: unknown): EvsError {
  if (!(error instanceof Error)) return new EvsError('INTERNAL')
  const { code, hint } = error as Error & { code?: unknown; hint?: unknown }
  const named = typeof code === 'string' ? `${code}: ${error.message}` : error.message
  if (typeof hint === 'string') return new EvsError('USAGE', { message: named, hint })
  return new EvsError('INTERNAL', { message: `a fault of the program: ${named}` })
}
