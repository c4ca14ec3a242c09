// A set of session keys: what it is, how it is made, and how it lies sealed in the store, bound to
// its owner and generation. [wire-protocol 3.4]

import type { SecurityModule } from '../protocol/security/security-module.ts'
import type { Key, KeyScheme } from '../protocol/values/key.ts'
import { type KeyOwner, type SealedKeySet, setPlace } from '../switch/core/key-store.ts'

/** The keys that one message was sent under, and that its answer is sent under. */
export interface SessionKeys {
  readonly module: SecurityModule
  readonly scheme: KeyScheme
  readonly generation: number
  readonly macKey: Key
  readonly pinKey: Key
  readonly dataKey: Key
  /** DE 7 of its logon. */
  readonly transmission: string | undefined
  readonly serialNumber: string | undefined
}

type ThreeKeys = Pick<SessionKeys, 'macKey' | 'pinKey' | 'dataKey'>

export function newSessionKeys(module: SecurityModule, scheme: KeyScheme): ThreeKeys {
  return {
    macKey: module.generate('mac', scheme),
    pinKey: module.generate('pin', scheme),
    dataKey: module.generate('data', scheme),
  }
}

export function sealedKeys(module: SecurityModule, keys: ThreeKeys, place: string) {
  return {
    macKey: module.seal(keys.macKey, place),
    pinKey: module.seal(keys.pinKey, place),
    dataKey: module.seal(keys.dataKey, place),
  }
}

export function sealedSet(owner: KeyOwner, keys: SessionKeys): SealedKeySet {
  const { module, generation, scheme, transmission, serialNumber } = keys
  return {
    ...{ generation, scheme, transmission, serialNumber },
    ...sealedKeys(module, keys, setPlace(owner, generation)),
  }
}

/** Undefined: another storage key, or damage. */
export function openedSet(
  module: SecurityModule,
  owner: KeyOwner,
  set: SealedKeySet,
): SessionKeys | undefined {
  const { generation, scheme, transmission, serialNumber } = set
  const place = setPlace(owner, generation)
  const macKey = module.unseal('mac', scheme, set.macKey, place)
  const pinKey = module.unseal('pin', scheme, set.pinKey, place)
  const dataKey =
    set.dataKey === undefined ? undefined : module.unseal('data', scheme, set.dataKey, place)
  if (macKey === undefined || pinKey === undefined || dataKey === undefined) return undefined
  return { module, generation, scheme, transmission, serialNumber, macKey, pinKey, dataKey }
}
