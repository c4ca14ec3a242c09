// The user PIN of a token, from a file or a command, each time somebody logs in. It is never in the
// configuration, where `evs config print` would show it, and never in an error.

import { spawnSync } from 'node:child_process'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { TokenError } from './driver.ts'

/** One of the two. */
export interface UserPinPlace {
  readonly file?: string | undefined
  readonly command?: { readonly words: readonly string[]; readonly limitMs: number } | undefined
}

const CHARS = { least: 4, most: 255 }
const OUTPUT_BYTES_MOST = 1_024

/** Throws `TokenError`. */
export function readUserPin({ file, command }: UserPinPlace): string {
  if (command !== undefined) return checked(fromCommand(command), `${command.words[0]} prints`)
  if (file !== undefined) return checked(fromFile(file), `${file} holds`)
  throw new TokenError('neither pkcs11.userPinFile nor pkcs11.userPinCommand is set')
}

function fromFile(file: string): string {
  let handle: number
  try {
    // Not waiting for whoever might write into a pipe: the thread that sells would wait with it.
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw new TokenError(`the user PIN: cannot read ${file}: ${(error as Error).message}`)
  }
  try {
    const facts = fstatSync(handle)
    const { mode, uid } = facts
    if (!facts.isFile()) throw new TokenError(`the user PIN: ${file} is no regular file`)
    if ((mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8).padStart(4, '0')
      throw new TokenError(`the user PIN: ${file} has mode ${shown}; 0600 is needed`)
    }
    if (process.getuid !== undefined && uid !== process.getuid()) {
      throw new TokenError(`the user PIN: ${file} belongs to another user`)
    }
    return readFileSync(handle, 'utf8')
  } finally {
    closeSync(handle)
  }
}

/** Without a shell, and its standard error goes nowhere: it may repeat the PIN. */
function fromCommand({ words, limitMs }: NonNullable<UserPinPlace['command']>): string {
  const [program = '', ...given] = words
  const { error, status, stdout } = spawnSync(program, given, {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MOST,
    shell: false,
  })
  if (error === undefined && status === 0) return stdout.toString('utf8')
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  const why = code ?? (status === null ? 'it was ended by a signal' : `its exit code was ${status}`)
  throw new TokenError(`the user PIN: pkcs11.userPinCommand ${program}: ${why}`)
}

function checked(text: string, where: string): string {
  const userPin = text.replace(/\r?\n$/, '')
  const isOne = userPin.length >= CHARS.least && userPin.length <= CHARS.most
  if (isOne && /^[\x20-\x7e]+$/.test(userPin)) return userPin
  throw new TokenError(`the user PIN: ${where} no ${CHARS.least} to ${CHARS.most} characters`)
}
