// A voucher's PIN in DE 62 of a terminal with keys, under its data key. [wire-protocol 3.1]
//
//   tdes  digits as BCD · F to a multiple of 8 bytes, each block enciphered (ECB)
//   aes   digits as BCD · F to 16 bytes, one block
//
// Fields of one reply have one length, so a short PIN can be padded to that of the longest.

import { type Reason, reason } from '../values/reason.ts'
import { VoucherPin } from '../values/voucher-pin.ts'
import { BLOCK_BYTES, type CipherKey, decipher, encipher } from './block-cipher.ts'
import type { KeyScheme } from './security-module.ts'

/** 24 digits are 12 bytes. */
const MOST_CHARS = 32

/** Upper-case hex, long enough for a PIN of `longest` digits. */
export function encipherField(
  scheme: KeyScheme,
  key: CipherKey,
  voucherPin: VoucherPin,
  longest: number,
): string {
  const digits = voucherPin.reveal()
  const blockChars = BLOCK_BYTES[scheme] * 2
  const blocks = Math.ceil(Math.max(digits.length, longest) / blockChars)
  const clear = Buffer.from(digits.padEnd(blocks * blockChars, 'F'), 'hex')
  const field = encipher(scheme, key, clear)
  clear.fill(0)
  return field.toString('hex').toUpperCase()
}

export function decipherField(
  scheme: KeyScheme,
  key: CipherKey,
  field: string,
): VoucherPin | Reason {
  const blockChars = BLOCK_BYTES[scheme] * 2
  const whole = field.length % blockChars === 0 && field.length <= MOST_CHARS
  if (!whole || !/^[0-9A-F]+$/.test(field)) return reason('voucher PIN field: not one of this size')
  const clear = decipher(scheme, key, Buffer.from(field, 'hex'))
  const [, digits = ''] = /^(\d+)f*$/.exec(clear.toString('hex')) ?? []
  clear.fill(0)
  const voucherPin = VoucherPin.parse(digits)
  // What a wrong key makes of a field has the length of no PIN, or other characters.
  return voucherPin instanceof VoucherPin
    ? voucherPin
    : reason('voucher PIN field: not digits and padding under this key')
}
