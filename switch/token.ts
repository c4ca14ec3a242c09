// The token of the configuration, opened once for the process: the key-encryption key and the
// security module may both be in it. What does not hold becomes an error of `docs/errors.md`.

import { EvsError } from '../admin-api/errors.ts'
import { TokenError } from '../hardware-module/driver.ts'
import { KekToken } from '../hardware-module/kek-token.ts'
import { Token, type TokenPorts } from '../hardware-module/token.ts'
import { ModuleAwayError } from '../protocol/security/security-module.ts'
import type { Config } from './config/schema.ts'

export interface OpenToken {
  readonly token: Token
  /** Undefined: the key-encryption key is elsewhere. */
  readonly kekToken: KekToken | undefined
}

type Settings = Pick<Config, 'pkcs11' | 'vault' | 'timeouts'>

/** Undefined: no key of this configuration is in a token. */
export async function openToken(
  { pkcs11, vault, timeouts }: Settings,
  ports: TokenPorts,
): Promise<OpenToken | undefined> {
  if (pkcs11 === undefined) return undefined
  const { library, tokenLabel, userPinFile, userPinCommand } = pkcs11
  const command =
    userPinCommand === undefined
      ? undefined
      : { words: userPinCommand, limitMs: timeouts.kekCommandMs }
  const place = { library, tokenLabel, userPin: { file: userPinFile, command } }
  return usable(async () => {
    const token = await Token.open(place, ports)
    const { kekLabel } = vault
    return { token, kekToken: kekLabel === undefined ? undefined : new KekToken(token, kekLabel) }
  })
}

/** What the token refuses becomes `HSM_UNAVAILABLE`. */
async function usable<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw asError(error)
  }
}

export function asError(error: unknown): unknown {
  const isOurs = error instanceof TokenError || error instanceof ModuleAwayError
  return isOurs ? new EvsError('HSM_UNAVAILABLE', { message: error.message }) : error
}
