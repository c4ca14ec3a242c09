// The security module of this process, over the storage keys of the vault or those of a token. In
// production the software adapter has to be accepted in so many words; a token needs no such word.

import { randomBytes } from 'node:crypto'
import { EvsError } from '../admin-api/errors.ts'
import { HardwareModule } from '../hardware-module/hardware-module.ts'
import type { SecurityModule } from '../protocol/security/security-module.ts'
import { SoftwareModule, SoftwareRefusedError } from '../protocol/security/software-module.ts'
import type { Store } from '../voucher-store/store.ts'
import { addModuleKey } from '../voucher-store/vault/module-key.ts'
import type { KeyRing } from '../voucher-store/vault/vault.ts'
import type { Config } from './config/schema.ts'
import type { OpenToken } from './token.ts'

/** A module whose storage keys are made where they stay. */
export interface StorageKeyMaker {
  /** Before the row of that number is written, and anything sealed under it. */
  makeStorageKey(number: number): void
}

export interface ModulePorts {
  readonly store: Pick<Store, 'database' | 'journal' | 'kek' | 'ring'>
  readonly token: OpenToken | undefined
}

/** Makes the storage key in a store from before there was one. */
export async function openSecurityModule(
  { securityModule }: Pick<Config, 'securityModule'>,
  { store, token }: ModulePorts,
  atMs: number,
): Promise<SecurityModule & Partial<StorageKeyMaker>> {
  const { keyLabel } = securityModule
  if (keyLabel !== undefined && token !== undefined) {
    await mustHaveRow(store, atMs)
    return new HardwareModule(token.token, { keyLabel, storage: storageKeys(store.ring) })
  }
  const acceptance = securityModule.software
  const environment = { production: process.env.NODE_ENV === 'production', acceptance }
  try {
    const module = new SoftwareModule(environment, storageKeys(store.ring), randomBytes)
    await mustHaveRow(store, atMs)
    return module
  } catch (error) {
    if (!(error instanceof SoftwareRefusedError)) throw error
    throw new EvsError('SOFTWARE_KEYS_REFUSED', { message: error.message })
  }
}

async function mustHaveRow(store: ModulePorts['store'], atMs: number): Promise<void> {
  const added = await addModuleKey(store, atMs)
  if (added === undefined || added.kind === 'written') return
  const message = `the storage key of the security module was not written: ${added.detail}`
  throw new EvsError('INTERNAL', { message })
}

/** A switch that could not seal a key could not answer a logon. Throws `HSM_KEY_MISSING`. */
export function mustHaveStorageKey(module: SecurityModule): void {
  if (!(module instanceof HardwareModule) || module.hasStorageKey) return
  throw new EvsError('HSM_KEY_MISSING')
}

function storageKeys(ring: KeyRing) {
  return {
    newest: () => ring.newest('module'),
    byId: (id: number) => ring.byId(id),
  }
}
