// Where a session of this person is kept between commands: EVS_SESSION holds a token itself;
// EVS_SESSION_FILE names a file; else a file for each configuration, in the runtime folder of the
// user. Mode 0600; one that others can read is not used. A token is never an argument of a command.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { EvsError } from '../admin-api/errors.ts'
import type { World } from './world.ts'

type Env = Pick<World, 'env' | 'cwd'>

/** The token for a configuration; undefined when there is none. */
export function sessionToken(world: Env, configFile: string): string | undefined {
  const given = (world.env.EVS_SESSION ?? '').trim()
  if (given !== '') return checked(given, 'EVS_SESSION')
  const file = sessionFile(world, configFile)
  if (file === undefined) return undefined
  const there = statSync(file, { throwIfNoEntry: false })
  if (there === undefined) return undefined
  if ((there.mode & 0o077) !== 0 || there.uid !== process.getuid?.()) {
    const message = `${file} can be read by others than you; the session in it is not used`
    const hint = 'remove it, and open another one with `evs login session`'
    throw new EvsError('LOGIN_REQUIRED', { message, hint })
  }
  return checked(readFileSync(file, 'utf8').trim(), file)
}

function checked(token: string, place: string): string {
  if (/^[\w-]{1,200}$/.test(token)) return token
  const message = `${place} holds no session`
  throw new EvsError('LOGIN_REQUIRED', { message, hint: 'remove it, or open a session anew' })
}

/** The file it was written to. */
export function keepSession(world: Env, configFile: string, token: string): string {
  const file = sessionFile(world, configFile)
  if (file === undefined) {
    const message = 'there is no place for the session: neither XDG_RUNTIME_DIR nor HOME is set'
    throw new EvsError('USAGE', { message, hint: 'set EVS_SESSION_FILE' })
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // Under another name first: an older file keeps its mode when it is written over.
  const made = `${file}.new`
  rmSync(made, { force: true })
  writeFileSync(made, `${token}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(made, file)
  return file
}

export function forgetSession(world: Env, configFile: string): void {
  const file = sessionFile(world, configFile)
  if (file !== undefined) rmSync(file, { force: true })
}

function sessionFile({ env, cwd }: Env, configFile: string): string | undefined {
  const { EVS_SESSION_FILE: named = '', XDG_RUNTIME_DIR: runtime = '', HOME: home = '' } = env
  if (named !== '') return resolve(cwd, named)
  const name = createHash('sha256').update(configFile).digest('hex').slice(0, 16)
  if (runtime !== '') return join(runtime, 'evs', name)
  return home === '' ? undefined : join(home, '.local', 'state', 'evs', name)
}
