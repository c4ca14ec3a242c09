// DE 52 (format 0, tdes) or DE 61 (format 4, aes) of a sale: the cardholder's PIN, under the PIN
// key of the message's set. It goes on to the card host's key inside the security module, and is
// kept nowhere. [wire-protocol 3.6]

import type { FieldReader } from '../protocol/message/message.ts'
import { PinBlock } from '../protocol/values/card.ts'
import type { Pan } from '../protocol/values/pan.ts'
import { isReason, type Reason, reason } from '../protocol/values/reason.ts'
import type { EnteredPin } from '../switch/core/sale-record.ts'
import type { SessionKeys } from './session-keys.ts'

/**
 * Undefined when no PIN was entered. A block of the other format, of a terminal without keys, or
 * one that does not open under its key is a format error. `pan`: undefined for an invalid card,
 * whose block cannot be opened.
 */
export function enteredPinOf(
  message: FieldReader,
  keys: SessionKeys | undefined,
  pan: Pan | undefined,
): EnteredPin | undefined | Reason {
  const [short, long] = [message.get(52), message.get(61)]
  if (short === undefined && long === undefined) return undefined
  if (keys === undefined) return reason('DE 52 or 61: nobody knows under which key')
  const hex = keys.scheme === 'tdes' ? short : long
  if (hex === undefined || (short !== undefined && long !== undefined)) {
    return reason(`DE 52 or 61: a PIN block of the other format than ${keys.scheme}`)
  }
  if (keys.scheme === 'aes' && !/^[0-9A-F]{32}$/.test(hex)) {
    return reason('DE 61: 32 upper-case hex characters expected')
  }
  const entered = { block: new PinBlock(hex), key: keys.pinKey }
  if (pan === undefined) return undefined
  const opens = keys.module.translatePin(keys.pinKey, keys.pinKey, entered.block, pan)
  return isReason(opens) ? opens : entered
}
