// A software module as tests want it, and clear keys put into it: sealed here as the store would
// seal them, since the port takes no clear key.

import { randomBytes } from 'node:crypto'
import { dukptPinKey } from '../../../protocol/security/dukpt.ts'
import { pinDigits, writePinBlock } from '../../../protocol/security/pin-block.ts'
import { type StorageKeys, sealKey } from '../../../protocol/security/sealed-key.ts'
import type {
  Key,
  KeyScheme,
  KeyUse,
  SecurityModule,
} from '../../../protocol/security/security-module.ts'
import { SoftwareModule } from '../../../protocol/security/software-module.ts'
import { type CardPin, PinBlock } from '../../../protocol/values/card.ts'
import type { Pan } from '../../../protocol/values/pan.ts'
import { isReason, type Reason } from '../../../protocol/values/reason.ts'

const STORAGE = { id: 7, key: randomBytes(32) }

export const STORAGE_KEYS: StorageKeys = {
  newest: () => STORAGE,
  byId: (id) => (id === STORAGE.id ? STORAGE : undefined),
}

export const TESTING = { production: false, acceptance: undefined }

export function newModule(): SoftwareModule {
  return new SoftwareModule(TESTING, STORAGE_KEYS, randomBytes)
}

export function keyIn(module: SecurityModule, use: KeyUse, scheme: KeyScheme, hex: string): Key {
  const clear = Buffer.from(hex, 'hex')
  const sealed = sealKey(STORAGE, clear, { use, scheme, place: 'test' }, randomBytes)
  const key = module.unseal(use, scheme, sealed, 'test')
  if (key === undefined) throw new Error('a sealed key opens')
  return key
}

/** What the keypad of a DUKPT terminal sends. */
export function dukptBlock(baseHex: string, serial: string, cardPin: CardPin, pan: Pan): PinBlock {
  const key = good(dukptPinKey(fromHex(baseHex), serial))
  return new PinBlock(writePinBlock('tdes', key, pinDigits(cardPin), pan.reveal(), randomBytes))
}

/** The value; a reason fails the test. */
export function good<Value>(value: Value | Reason): Value {
  if (isReason(value)) throw new Error(value.reason)
  return value
}

export function fromHex(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}
