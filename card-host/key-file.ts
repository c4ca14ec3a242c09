// The zone master key: read from a file that only its owner may read, and put into a security
// module of this process. What is read is kept nowhere else.

import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { masterKeyOf } from '../protocol/security/key-file.ts'
import type { Key, SecurityModule } from '../protocol/security/security-module.ts'
import { SoftwareModule } from '../protocol/security/software-module.ts'
import { isReason } from '../protocol/values/reason.ts'
import { CardHostError } from './errors.ts'

export interface MasterKey {
  readonly module: SecurityModule
  readonly master: Key
}

const OTHERS = 0o077

export function openMasterKey(path: string): MasterKey {
  // A simulated bank has its keys in its process, whatever it is used for, and seals none.
  const storage = { id: 1, key: randomBytes(32) }
  const storageKeys = { newest: () => storage, byId: () => storage }
  const environment = { production: false, acceptance: undefined }
  const module = new SoftwareModule(environment, storageKeys, randomBytes)
  const master = masterKeyOf(module, readOwn(path), randomBytes)
  if (isReason(master)) throw new CardHostError('CARD_HOST_BAD_KEYS', `${path}: ${master.reason}`)
  return { module, master }
}

function readOwn(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw new CardHostError('CARD_HOST_BAD_KEYS', `${path} is missing`)
  if ((stat.mode & OTHERS) === 0) return readFileSync(path, 'utf8')
  throw new CardHostError('CARD_HOST_BAD_KEYS', `${path} must be readable by its owner only`)
}
