// Whether the keys of an owner open, as they lie in the store: the same look with the switch
// running or stopped. It opens keys and lets them go again; what a session has open is not its
// business.

import { ModuleAwayError, type SecurityModule } from '../../protocol/security/security-module.ts'
import {
  type KeyOwner,
  masterPlace,
  type SealedKeySet,
  type StoredKeys,
  setPlace,
} from '../core/key-store.ts'

/** `unknown`: the security module cannot be asked. */
export type KeyState = 'in force' | 'missing' | 'do not open' | 'unknown'

export interface KeyStates {
  /** Of the master key, or the base key of DUKPT terminals. */
  readonly masterKey: KeyState
  /** Of the session keys, active or pending; those of DUKPT terminals are their base key's. */
  readonly sessionKeys: KeyState
}

/** `module`: undefined where it cannot be opened. */
export function keyStates(
  module: SecurityModule | undefined,
  owner: KeyOwner,
  stored: StoredKeys,
): KeyStates {
  if (module === undefined) return UNKNOWN
  try {
    const masterKey = masterState(module, owner, stored)
    if (owner.startsWith('dukpt/')) return { masterKey, sessionKeys: masterKey }
    return { masterKey, sessionKeys: sessionState(module, owner, stored) }
  } catch (error) {
    if (!(error instanceof ModuleAwayError)) throw error
    return UNKNOWN
  }
}

export const UNKNOWN: KeyStates = { masterKey: 'unknown', sessionKeys: 'unknown' }

function masterState(module: SecurityModule, owner: KeyOwner, { master }: StoredKeys): KeyState {
  if (master === undefined) return 'missing'
  const use = owner.startsWith('dukpt/') ? 'dukpt-base' : 'master'
  const key = module.unseal(use, master.scheme, master.sealed, masterPlace(owner))
  return key === undefined ? 'do not open' : 'in force'
}

/** One set that opens is enough: its owner goes on under it. */
function sessionState(
  module: SecurityModule,
  owner: KeyOwner,
  { active, pending }: StoredKeys,
): KeyState {
  const sets = [active, pending].filter((set) => set !== undefined)
  if (sets.length === 0) return 'missing'
  return sets.some((set) => opens(module, owner, set)) ? 'in force' : 'do not open'
}

function opens(module: SecurityModule, owner: KeyOwner, set: SealedKeySet): boolean {
  const { scheme, generation } = set
  const place = setPlace(owner, generation)
  return (['mac', 'pin', 'data'] as const).every((use) => {
    const sealed = set[`${use}Key`]
    // A card host has no data key.
    return sealed === undefined || module.unseal(use, scheme, sealed, place) !== undefined
  })
}
