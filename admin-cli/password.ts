// How a password gets into a command: asked on the terminal without an echo, or read from a file or
// standard input. Never from an argument, which every process of the machine could read; never
// printed.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { EvsError } from '../admin-api/errors.ts'
import type { VerbWorld } from './world.ts'

export interface PasswordOptions {
  readonly passwordFile?: string
}

export function withPasswordFile(command: Command): Command {
  const text = 'read the password from a file, or - for standard input; else it is asked'
  return command.option('--password-file <file>', text)
}

const BYTES_MOST = 1_024

/** `twice` asks again for one that nobody has typed before. */
export async function readPassword(
  world: VerbWorld,
  { passwordFile }: PasswordOptions,
  about: { readonly question: string; readonly twice?: boolean },
): Promise<string> {
  if (passwordFile !== undefined) {
    return firstLine(await secretFile(world, passwordFile, '--password-file'))
  }
  const password = await asked(world, `${about.question}: `)
  if (about.twice !== true) return password
  if ((await asked(world, `${about.question}, again: `)) === password) return password
  throw new EvsError('USAGE', { message: 'the two passwords are not the same' })
}

async function asked(world: VerbWorld, question: string): Promise<string> {
  const password = await world.askSecret(question)
  if (password !== undefined) return password
  const message = 'there is no terminal to ask for a password on'
  throw new EvsError('USAGE', { message, hint: 'give --password-file with a file, or -' })
}

/** The text of a file that a flag names, - for standard input. */
export async function secretFile(world: VerbWorld, file: string, flag: string): Promise<string> {
  if (file !== '-') {
    try {
      return readFileSync(resolve(world.cwd, file), 'utf8').slice(0, BYTES_MOST)
    } catch (error) {
      const { code = 'unreadable' } = error as NodeJS.ErrnoException
      throw new EvsError('USAGE', { message: `${flag}: cannot read ${file} (${code})` })
    }
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of world.stdin) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > BYTES_MOST) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function firstLine(text: string): string {
  const [line = ''] = text.split(/\r?\n/)
  if (line !== '') return line
  throw new EvsError('USAGE', { message: 'the password is empty' })
}
