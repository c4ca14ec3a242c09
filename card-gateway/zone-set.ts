// One set of zone keys: as a key change brings it, and as it lies sealed in the store.
// [wire-protocol 4]

import type { SecurityModule } from '../protocol/security/security-module.ts'
import { CardPin, type PinBlock } from '../protocol/values/card.ts'
import type { Key, KeyScheme } from '../protocol/values/key.ts'
import { Pan } from '../protocol/values/pan.ts'
import { isReason, type Reason } from '../protocol/values/reason.ts'
import {
  type KeyOwner,
  type KeyStore,
  type SealedKeySet,
  setPlace,
} from '../switch/core/key-store.ts'
import type { EnteredPin } from '../switch/core/sale-record.ts'

export interface ZoneSet {
  readonly generation: number
  readonly macKey: Key
  readonly pinKey: Key
  /** The check value of the zone master key that it came under. */
  readonly under: string
}

export interface ZoneKeyPorts {
  readonly module: SecurityModule
  readonly store: KeyStore
  /** Sealed keys that do not open: another storage key, or damage. */
  readonly alarm: (what: string, owner: KeyOwner) => void
}

/** Undefined on a link that is to have no keys. */
type Module = SecurityModule | undefined
type TwoKeys = Pick<ZoneSet, 'macKey' | 'pinKey'>
export type ZoneSetKeys = Pick<ZoneSet, 'macKey' | 'pinKey' | 'under'>

/** What keys are told by, and nobody's: those of a hardware module are never seen. */
const PROBE = {
  input: Buffer.alloc(16),
  cardPin: parsed(CardPin.parse('000000000000')),
  pan: parsed(Pan.parse('0000000000000000')),
}

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

export function areSameKeys(module: Module, one: TwoKeys, other: TwoKeys | undefined): boolean {
  if (module === undefined || other === undefined) return false
  return areSameMacKeys(module, one, other) && areSamePinKeys(module, one.pinKey, other.pinKey)
}

export function areSameMacKeys(module: Module, one?: TwoKeys, other?: TwoKeys): boolean {
  if (module === undefined || one === undefined || other === undefined) return false
  const [made, right] = [one, other].map(({ macKey }) => module.mac(macKey, PROBE.input))
  return made !== undefined && right !== undefined && Buffer.compare(made, right) === 0
}

/** A block has chance in it where it is of format 4: it is opened, and not compared. */
function areSamePinKeys(module: SecurityModule, one: Key, other: Key): boolean {
  const block = module.encipherPin(one, PROBE.cardPin, PROBE.pan)
  const opened = module.decipherPin(other, block, PROBE.pan)
  return !isReason(opened) && opened.reveal() === PROBE.cardPin.reveal()
}

/** A PIN as it was entered, under the PIN key of the set. */
export function translatedTo(
  module: SecurityModule,
  { pinKey }: ZoneSet,
  { block, key, keySerialNumber }: EnteredPin,
  pan: Pan,
): PinBlock | Reason {
  return keySerialNumber === undefined
    ? module.translatePin(key, pinKey, block, pan)
    : module.translateDukptPin(key, keySerialNumber, pinKey, block, pan)
}

function parsed<Value extends object>(value: Value | Reason): Value {
  if (isReason(value)) throw new Error(value.reason)
  return value
}

/** The first has its length in its header, digits 2 to 5. */
function split(text: string): readonly [string, string] {
  const length = Number(text.slice(1, 5))
  return [text.slice(0, length), text.slice(length)]
}
