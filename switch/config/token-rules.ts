// What must hold between the settings of a PKCS#11 token: which keys are kept in it, and where its
// user PIN comes from. Whether the token is there is seen at a start only.

import { contains } from './paths.ts'
import type { Problem } from './problem.ts'
import type { Config } from './schema.ts'

export function tokenRules({ pkcs11, vault, securityModule, data }: Config): Problem[] {
  const problems: Problem[] = []
  const problem = (path: string, message: string, hint: string) =>
    problems.push({ path, message, hint })
  const { keyLabel, software } = securityModule
  const { kekLabel } = vault
  if (pkcs11 === undefined) {
    const hint = 'add pkcs11 with library, tokenLabel and userPinFile'
    const message = 'a key in a token needs to know which token'
    if (keyLabel !== undefined) problem('securityModule.keyLabel', message, hint)
    if (kekLabel !== undefined) problem('vault.kekLabel', message, hint)
    return problems
  }
  if (keyLabel === undefined && kekLabel === undefined) {
    const hint = 'set vault.kekLabel, securityModule.keyLabel, or both'
    problem('pkcs11', 'nothing is kept in that token', hint)
  }
  if (keyLabel !== undefined && software !== undefined) {
    const message = 'keys are used in the token or in this process, not in both'
    problem('securityModule.software', message, 'leave one of software and keyLabel out')
  }
  if (kekLabel !== undefined && (kekLabel === keyLabel || kekLabel === `${keyLabel}-binding`)) {
    const message = 'the key-encryption key and the storage keys have one label'
    problem('vault.kekLabel', message, 'each key has one use: give it another label')
  }
  const { userPinFile, userPinCommand } = pkcs11
  if ((userPinFile === undefined) === (userPinCommand === undefined)) {
    const message = 'the user PIN comes from one of userPinFile and userPinCommand'
    problem('pkcs11.userPinFile', message, 'set one of the two; it never stands in this file')
  }
  if (userPinFile !== undefined && contains(data.directory, userPinFile)) {
    const message = 'the user PIN stands inside data.directory'
    problem('pkcs11.userPinFile', message, 'a copy of the data would carry it; keep them apart')
  }
  return problems
}
