// The cardholder's PIN in its block. [ISO 9564-1:2017, 9.3.2 and 9.4.2; wire-protocol 3.6]
//
//   format 0, `tdes`  E(PIN field xor PAN field): 0 · length · digits · F;
//                     0000 · the 12 digits before the check digit
//   format 4, `aes`   E(E(PIN field) xor PAN field): 4 · length · digits · A to 8 bytes · random 8;
//                     digits over 12 · PAN · 0 to 16 bytes
//
// A PIN is digits in an array, never text, so that it can be wiped. What does not open has one
// reason for all faults: which one it was would be told to whoever guesses at PINs.

import type { CardPin } from '../values/card.ts'
import { type Reason, reason } from '../values/reason.ts'
import { BLOCK_BYTES, type CipherKey, decipher, encipher, xorInto } from './block-cipher.ts'
import type { RandomBytes } from './key-block.ts'
import type { KeyScheme } from './security-module.ts'

/** 4 to 12 numbers from 0 to 9. Whoever holds them wipes them. */
export type PinDigits = Uint8Array

const LEAST_DIGITS = 4
const MOST_DIGITS = 12
const PIN_FIELD_BYTES = 8
const [ZERO, NINE, LETTER_A, LETTER_F] = [0x30, 0x39, 0x41, 0x46]
const FORMAT = { tdes: 0, aes: 4 } as const satisfies Record<KeyScheme, number>
const FILL = { tdes: 0xf, aes: 0xa } as const satisfies Record<KeyScheme, number>

export function pinDigits(cardPin: CardPin): PinDigits {
  return Uint8Array.from([...cardPin.reveal()], Number)
}

/** Upper-case hex: 16 characters for `tdes`, 32 for `aes`. */
export function writePinBlock(
  scheme: KeyScheme,
  key: CipherKey,
  digits: PinDigits,
  panDigits: string,
  random: RandomBytes,
): string {
  const field = pinField(scheme, digits, random)
  if (scheme === 'aes') {
    const inner = encipher('aes', key, field)
    field.set(inner)
  }
  xorInto(field, panField(scheme, panDigits))
  const block = encipher(scheme, key, field)
  field.fill(0)
  return block.toString('hex').toUpperCase()
}

export function readPinBlock(
  scheme: KeyScheme,
  key: CipherKey,
  block: string,
  panDigits: string,
): PinDigits | Reason {
  const bytes = BLOCK_BYTES[scheme]
  const body = block.length === bytes * 2 ? nibblesOf(block, bytes) : undefined
  if (body === undefined) return reason(`PIN block: ${bytes * 2} hex characters expected`)
  let field = decipher(scheme, key, body)
  xorInto(field, panField(scheme, panDigits))
  if (scheme === 'aes') {
    const inner = field
    field = decipher('aes', key, inner)
    inner.fill(0)
  }
  const digits = digitsOf(scheme, field)
  field.fill(0)
  return digits ?? reason('PIN block: not one of this card and key')
}

function pinField(scheme: KeyScheme, digits: PinDigits, random: RandomBytes): Buffer {
  const field = Buffer.alloc(BLOCK_BYTES[scheme])
  field[0] = (FORMAT[scheme] << 4) | digits.length
  for (let i = 1; i < PIN_FIELD_BYTES; i++) {
    const high = digits[2 * i - 2] ?? FILL[scheme]
    field[i] = (high << 4) | (digits[2 * i - 1] ?? FILL[scheme])
  }
  if (scheme === 'aes') field.set(random(PIN_FIELD_BYTES), PIN_FIELD_BYTES)
  return field
}

/** Looks at all of the field whatever it finds, so that time tells no more than the reason. */
function digitsOf(scheme: KeyScheme, field: Uint8Array): PinDigits | undefined {
  const first = field[0] ?? 0
  const count = first & 0xf
  let faults = (first >> 4) ^ FORMAT[scheme]
  faults |= Number(count < LEAST_DIGITS) | Number(count > MOST_DIGITS)
  const digits = new Uint8Array(MOST_DIGITS + 2)
  for (let i = 0; i < digits.length; i++) {
    const byte = field[1 + (i >> 1)] ?? 0
    const nibble = i % 2 === 0 ? byte >> 4 : byte & 0xf
    faults |= i < count ? Number(nibble > 9) : nibble ^ FILL[scheme]
    digits[i] = nibble
  }
  const read = faults === 0 ? digits.slice(0, count) : undefined
  digits.fill(0)
  return read
}

function panField(scheme: KeyScheme, panDigits: string): Buffer {
  const bytes = BLOCK_BYTES[scheme]
  if (scheme === 'tdes') return digitBytes(panDigits.slice(-13, -1).padStart(16, '0'), bytes)
  // A PAN below 12 digits would be padded in front; `Pan` has none. [ISO 9564-1:2017, 9.4.2]
  return digitBytes(`${panDigits.length - 12}${panDigits}`, bytes)
}

function digitBytes(digits: string, bytes: number): Buffer {
  const field = nibblesOf(digits, bytes)
  if (field === undefined) throw new RangeError('a card number of digits expected')
  return field
}

/**
 * Upper-case hex as bytes, zeros behind; undefined when a character is none. By hand, because a
 * small buffer made of text costs as much as the cipher.
 */
function nibblesOf(hex: string, bytes: number): Buffer | undefined {
  const read = Buffer.alloc(bytes)
  for (let i = 0; i < hex.length; i++) {
    const code = hex.charCodeAt(i)
    const isLetter = code >= LETTER_A && code <= LETTER_F
    if (!isLetter && (code < ZERO || code > NINE)) return undefined
    const nibble = isLetter ? code - LETTER_A + 10 : code - ZERO
    const at = i >> 1
    read[at] = (read[at] ?? 0) | (i % 2 === 0 ? nibble << 4 : nibble)
  }
  return read
}
