// One set of zone keys: as a key change brings it, and as it lies sealed in the store.
// [wire-protocol 4]

import type { SecurityModule } from '../protocol/security/security-module.ts'
import type { Key, KeyScheme } from '../protocol/values/key.ts'
import { isReason } from '../protocol/values/reason.ts'
import { type KeyOwner, type SealedKeySet, setPlace } from '../switch/core/key-store.ts'

export interface ZoneSet {
  readonly generation: number
  readonly macKey: Key
  readonly pinKey: Key
  /** The check value of the zone master key that it came under. */
  readonly under: string
}

export type ZoneSetKeys = Pick<ZoneSet, 'macKey' | 'pinKey' | 'under'>

/** Two TR-31 blocks under the zone master key and nothing else, or undefined. */
export function broughtKeys(
  module: SecurityModule,
  { key: master, under }: { readonly key: Key; readonly under: string },
  blocks: string,
): ZoneSetKeys | undefined {
  const [macBlock, pinBlock] = split(blocks)
  const macKey = module.importUnder(master, macBlock, 'mac')
  const pinKey = module.importUnder(master, pinBlock, 'pin')
  return isReason(macKey) || isReason(pinKey) ? undefined : { macKey, pinKey, under }
}

export function sealedSet(
  module: SecurityModule,
  owner: KeyOwner,
  scheme: KeyScheme,
  { generation, macKey, pinKey }: ZoneSet,
): SealedKeySet {
  const place = setPlace(owner, generation)
  return {
    generation,
    scheme,
    macKey: module.seal(macKey, place),
    pinKey: module.seal(pinKey, place),
    dataKey: undefined,
    transmission: undefined,
    serialNumber: undefined,
  }
}

/** Undefined when it does not open. */
export function openedSet(
  module: SecurityModule,
  owner: KeyOwner,
  { scheme, generation, ...sealed }: SealedKeySet,
  under: string,
): ZoneSet | undefined {
  const place = setPlace(owner, generation)
  const macKey = module.unseal('mac', scheme, sealed.macKey, place)
  const pinKey = module.unseal('pin', scheme, sealed.pinKey, place)
  if (macKey === undefined || pinKey === undefined) return undefined
  return { generation, macKey, pinKey, under }
}

/** The first has its length in its header, digits 2 to 5. */
function split(text: string): readonly [string, string] {
  const length = Number(text.slice(1, 5))
  return [text.slice(0, length), text.slice(length)]
}
