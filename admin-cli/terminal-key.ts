// Which terminal a command means: its number, and its merchant where several have such a terminal.
// What is done with it is the verbs' business.

import type { Command } from 'commander'
import { EvsError } from '../admin-api/errors.ts'
import { institutionOf, withInstitution } from './merchant.ts'
import { latinDigits } from './verb.ts'
import type { OpenAdmin } from './world.ts'

export interface KeyOptions {
  readonly institution: string
  readonly mid?: string
}

export interface TerminalKey {
  readonly tid: string
  readonly mid: string
  readonly institution: number
}

/** As many owners as a message can name. */
const OWNERS_MOST = 10

export function withTerminalKey(command: Command): Command {
  command.argument('<tid>', 'its number')
  return withInstitution(
    command.option('--mid <id>', 'its merchant, where several have such a terminal'),
  )
}

/** A TID may be used by several merchants; then the merchant must be named. */
export async function terminalKey(
  admin: OpenAdmin,
  given: string,
  options: KeyOptions,
): Promise<TerminalKey> {
  const tid = latinDigits(given)
  const institution = institutionOf(options)
  if (options.mid !== undefined) return { tid, institution, mid: latinDigits(options.mid) }
  const { terminals } = await admin.terminals({ tid, institution, limit: OWNERS_MOST })
  const [only, another] = terminals
  if (only === undefined) {
    throw new EvsError('NOT_FOUND', { message: `there is no terminal ${tid}` })
  }
  if (another === undefined) return { tid, institution, mid: only.mid }
  const owners = terminals.map((row) => row.mid).join(', ')
  throw new EvsError('USAGE', { message: `terminal ${tid} of which merchant? --mid: ${owners}` })
}
