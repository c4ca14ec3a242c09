// DE 52 (format 0, tdes) or DE 61 (format 4, aes) of a sale: the cardholder's PIN, under the PIN
// key of the message's set, or under the DUKPT key whose serial number is in DE 60. It goes on to
// the card host's key inside the security module, and is kept nowhere. [wire-protocol 3.6]

import type { SecurityModule } from '../protocol/security/security-module.ts'
import { PinBlock } from '../protocol/values/card.ts'
import type { Pan } from '../protocol/values/pan.ts'
import { isReason, type Reason, reason } from '../protocol/values/reason.ts'
import type { EnteredPin } from '../switch/core/sale-record.ts'
import type { Incoming } from './gateway.ts'
import type { KeyDesk } from './key-desk.ts'
import type { SessionKeys } from './session-keys.ts'

type BaseKeys = Pick<KeyDesk, 'baseKey'>

/**
 * Undefined when no PIN was entered. A block of the other format, of a terminal without keys, or
 * one that does not open under its key is a format error. `pan`: undefined for an invalid card,
 * whose block cannot be opened.
 */
export function enteredPinOf(
  baseKeys: BaseKeys | undefined,
  incoming: Pick<Incoming, 'message' | 'keys' | 'status'>,
  pan: Pan | undefined,
): EnteredPin | undefined | Reason {
  const { message, keys, status } = incoming
  const [short, long] = [message.get(52), message.get(61) || undefined]
  if (short === undefined && long === undefined) return undefined
  if (keys === undefined) return reason('DE 52 or 61: nobody knows under which key')
  const hex = keys.scheme === 'tdes' ? short : long
  if (hex === undefined || (short !== undefined && long !== undefined)) {
    return reason(`DE 52 or 61: a PIN block of the other format than ${keys.scheme}`)
  }
  if (keys.scheme === 'aes' && !/^[0-9A-F]{32}$/.test(hex)) {
    return reason('DE 61: 32 upper-case hex characters expected')
  }
  const block = new PinBlock(hex)
  const entered = enteredUnder(baseKeys, keys, status.keySerialNumber, block)
  if (isReason(entered) || pan === undefined) return isReason(entered) ? entered : undefined
  return notOpened(keys.module, entered, pan) ?? entered
}

function enteredUnder(
  baseKeys: BaseKeys | undefined,
  keys: SessionKeys,
  keySerialNumber: string | undefined,
  block: PinBlock,
): EnteredPin | Reason {
  if (keySerialNumber === undefined) return { block, key: keys.pinKey, keySerialNumber }
  // DUKPT of this kind is triple DES and format 0; an aes terminal does not mix the two.
  if (keys.scheme !== 'tdes') return reason('DE 60 tag 08: of a terminal with aes keys')
  if (!/^[0-9A-F]{20}$/.test(keySerialNumber)) {
    return reason('DE 60 tag 08: 20 upper-case hex characters expected')
  }
  const key = baseKeys?.baseKey(keySerialNumber)
  if (key === undefined) return reason('DE 60 tag 08: a key set without a base key')
  return { block, key, keySerialNumber }
}

function notOpened(module: SecurityModule, entered: EnteredPin, pan: Pan): Reason | undefined {
  const { block, key, keySerialNumber } = entered
  return keySerialNumber === undefined
    ? module.opensPin(key, block, pan)
    : module.opensDukptPin(key, keySerialNumber, block, pan)
}
