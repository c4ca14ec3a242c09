// The one door to `pkcs11js`, which is an optional dependency: it is compiled when it is installed,
// and who keeps keys in software never needs it. A library is started once in a process.

import type { PKCS11 } from 'pkcs11js'

export type Pkcs11 = typeof import('pkcs11js')

/** The calls of a library, and the numbers of the standard by their names. */
export interface Driver {
  readonly calls: PKCS11
  readonly numbers: Pkcs11
}

/** The token cannot be used at all; the message says what to do about it. */
export class TokenError extends Error {
  readonly code = 'TOKEN_UNUSABLE'

  constructor(message: string) {
    super(message)
    this.name = 'TokenError'
  }
}

/** Throws `TokenError`. */
export async function openDriver(library: string): Promise<Driver> {
  const numbers = await loaded()
  const calls = new numbers.PKCS11()
  try {
    calls.load(library)
  } catch (error) {
    throw new TokenError(`${library} is no PKCS#11 library: ${firstLine(error)}`)
  }
  const driver = { calls, numbers }
  initialise(driver)
  return driver
}

/** Whoever did it before did it for this process. */
export function initialise({ calls }: Driver): void {
  try {
    calls.C_Initialize()
  } catch (error) {
    if (faultOf(error) === 'CKR_CRYPTOKI_ALREADY_INITIALIZED') return
    throw new TokenError(
      `the PKCS#11 library does not start: ${faultOf(error) ?? firstLine(error)}`,
    )
  }
}

/** What the library said, as the standard names it; undefined for any other error. */
export function faultOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return /^CKR_\w+/.exec(error.message)?.[0]
}

async function loaded(): Promise<Pkcs11> {
  try {
    const { default: numbers } = (await import('pkcs11js')) as unknown as { default: Pkcs11 }
    return numbers
  } catch (error) {
    const why = firstLine(error)
    const way = 'install python3, make and g++ and run `npm ci` again'
    throw new TokenError(`the package pkcs11js cannot be loaded (${way}): ${why}`)
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''
}
