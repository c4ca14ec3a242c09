// The security module of this process, over the storage keys of the vault. In production the
// software adapter has to be accepted in so many words.

import { randomBytes } from 'node:crypto'
import { EvsError } from '../admin-api/errors.ts'
import type { SecurityModule } from '../protocol/security/security-module.ts'
import { SoftwareModule, SoftwareRefusedError } from '../protocol/security/software-module.ts'
import type { Store } from '../voucher-store/store.ts'
import { addModuleKey } from '../voucher-store/vault/module-key.ts'
import type { KeyRing } from '../voucher-store/vault/vault.ts'
import type { Config } from './config/schema.ts'

/** Makes the storage key in a store from before there was one. */
export async function openSecurityModule(
  config: Pick<Config, 'securityModule'>,
  store: Pick<Store, 'database' | 'journal' | 'kek' | 'ring'>,
  atMs: number,
): Promise<SecurityModule> {
  const acceptance = config.securityModule.software
  const environment = { production: process.env.NODE_ENV === 'production', acceptance }
  try {
    const module = new SoftwareModule(environment, storageKeys(store.ring), randomBytes)
    const added = await addModuleKey(store, atMs)
    if (added === undefined || added.kind === 'written') return module
    const message = `the storage key of the security module was not written: ${added.detail}`
    throw new EvsError('INTERNAL', { message })
  } catch (error) {
    if (!(error instanceof SoftwareRefusedError)) throw error
    throw new EvsError('SOFTWARE_KEYS_REFUSED', { message: error.message })
  }
}

function storageKeys(ring: KeyRing) {
  return {
    newest: () => ring.newest('module'),
    byId: (id: number) => ring.byId(id),
  }
}
