// One key for each PIN of a terminal, from a base key and a serial number that travels beside the
// block: derived unique key per transaction with triple DES. [ANSI X9.24-1:2009, annex A]
//
//   serial number  10 bytes: key set · device · counter of 21 bits
//   initial key    E(base; serial number without counter, 8 bytes) ·
//                  E(base xor C0C0C0C0 00000000 twice; the same)
//   key            initial key, made another for each one-bit of the counter from the left
//
// Keeps no state: that a counter goes on, and comes once, is the terminal's to see to.

import { type Reason, reason } from '../values/reason.ts'
import { type CipherKey, encipher, xorInto } from './block-cipher.ts'
import { KEY_BYTES } from './key-strength.ts'

const SERIAL_BYTES = 10
const HALF = KEY_BYTES / 2
const COUNTER_BITS = 21
const COUNTER_MASK = (1 << COUNTER_BITS) - 1
/** A terminal skips the others, so that it never derives more often than that. [A.3] */
const MOST_ONES = 10
const KEY_MASK = Buffer.from('C0C0C0C000000000C0C0C0C000000000', 'hex')
const PIN_VARIANT = Buffer.from('00000000000000FF00000000000000FF', 'hex')

/** A base key whose bytes are elsewhere: as it is, and under the mask. */
export interface OuterBaseKey {
  readonly plain: CipherKey
  readonly masked: CipherKey
}

/** What the second half of an initial key is made with; whoever gets it wipes it. [A.6] */
export function maskedKey(key: Uint8Array): Buffer {
  const masked = Buffer.from(key)
  xorInto(masked, KEY_MASK)
  return masked
}

/** The key that a terminal enciphers this one PIN with; whoever gets it wipes it. */
export function dukptPinKey(base: Uint8Array | OuterBaseKey, serial: string): Buffer | Reason {
  if (!/^[0-9A-F]{20}$/.test(serial)) {
    return reason('key serial number: 20 upper-case hex characters expected')
  }
  const bytes = Buffer.from(serial, 'hex')
  const counter = bytes.readUIntBE(SERIAL_BYTES - 3, 3) & COUNTER_MASK
  const ones = onesIn(counter)
  if (ones === 0 || ones > MOST_ONES) {
    return reason(`key serial number: a counter of 1 to ${MOST_ONES} one-bits expected`)
  }
  bytes.writeUIntBE(bytes.readUIntBE(SERIAL_BYTES - 3, 3) - counter, SERIAL_BYTES - 3, 3)
  let key = initialKey(base, bytes)
  // The last 8 bytes, with the one-bits of the counter as far as they are used.
  const register = bytes.subarray(SERIAL_BYTES - HALF)
  for (let bit = 1 << (COUNTER_BITS - 1); bit > 0; bit >>= 1) {
    if ((counter & bit) === 0) continue
    register.writeUInt32BE((register.readUInt32BE(HALF - 4) | bit) >>> 0, HALF - 4)
    const next = nextKey(key, register)
    key.fill(0)
    key = next
  }
  xorInto(key, PIN_VARIANT)
  return key
}

function onesIn(counter: number): number {
  let ones = 0
  for (let rest = counter; rest > 0; rest &= rest - 1) ones += 1
  return ones
}

/** What a terminal of this serial number is loaded with. [A.6] */
function initialKey(base: Uint8Array | OuterBaseKey, serial: Uint8Array): Buffer {
  const first = serial.subarray(0, HALF)
  if (!(base instanceof Uint8Array)) {
    return Buffer.concat([
      encipher('tdes', base.plain, first),
      encipher('tdes', base.masked, first),
    ])
  }
  const masked = maskedKey(base)
  const key = Buffer.concat([encipher('tdes', base, first), encipher('tdes', masked, first)])
  masked.fill(0)
  return key
}

/** The left half comes from the masked key, the right half from the key. [A.2] */
function nextKey(key: Uint8Array, register: Uint8Array): Buffer {
  const masked = maskedKey(key)
  const next = Buffer.concat([nextHalf(masked, register), nextHalf(key, register)])
  masked.fill(0)
  return next
}

function nextHalf(key: Uint8Array, register: Uint8Array): Buffer {
  const [left, right] = [key.subarray(0, HALF), key.subarray(HALF)]
  const half = Buffer.from(register)
  xorInto(half, right)
  // Single DES. [block-cipher.ts]
  const single = Buffer.concat([left, left])
  const enciphered = encipher('tdes', single, half)
  xorInto(enciphered, right)
  half.fill(0)
  single.fill(0)
  return enciphered
}
