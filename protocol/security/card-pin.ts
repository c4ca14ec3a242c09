// The cardholder's PIN under a key, however the module holds that key: entered, opened, checked,
// and taken from one key to another. In between the digits are in the clear, in a buffer that is
// overwritten.

import { CardPin, PinBlock } from '../values/card.ts'
import type { KeyScheme } from '../values/key.ts'
import type { Pan } from '../values/pan.ts'
import { isReason, type Reason } from '../values/reason.ts'
import type { CipherKey } from './block-cipher.ts'
import type { RandomBytes } from './key-block.ts'
import { pinDigits, readPinBlock, writePinBlock } from './pin-block.ts'

/** A PIN key: its bytes, or what enciphers under it elsewhere. */
export interface PinKey {
  readonly scheme: KeyScheme
  readonly key: CipherKey
}

export function enciphered(
  { scheme, key }: PinKey,
  cardPin: CardPin,
  pan: Pan,
  random: RandomBytes,
): PinBlock {
  const digits = pinDigits(cardPin)
  const hex = writePinBlock(scheme, key, digits, pan.reveal(), random)
  digits.fill(0)
  return new PinBlock(hex)
}

export function deciphered({ scheme, key }: PinKey, block: PinBlock, pan: Pan): CardPin | Reason {
  const digits = readPinBlock(scheme, key, block.reveal(), pan.reveal())
  if (isReason(digits)) return digits
  const cardPin = CardPin.parse(digits.join(''))
  digits.fill(0)
  return cardPin
}

/** Why the block is none of this card and key; undefined when it is. The PIN goes nowhere. */
export function opens(
  { scheme, key }: PinKey,
  { block, pan }: { readonly block: PinBlock; readonly pan: Pan },
): Reason | undefined {
  const digits = readPinBlock(scheme, key, block.reveal(), pan.reveal())
  if (isReason(digits)) return digits
  digits.fill(0)
  return undefined
}

export function translated(
  from: PinKey,
  to: PinKey,
  { block, pan }: { readonly block: PinBlock; readonly pan: Pan },
  random: RandomBytes,
): PinBlock | Reason {
  const digits = readPinBlock(from.scheme, from.key, block.reveal(), pan.reveal())
  if (isReason(digits)) return digits
  const hex = writePinBlock(to.scheme, to.key, digits, pan.reveal(), random)
  digits.fill(0)
  return new PinBlock(hex)
}
