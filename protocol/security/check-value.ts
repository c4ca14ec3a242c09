// The check value of a key: tells whether two people hold the same key, and not which.
//
//   tdes  first 3 bytes of a block of zeros under the key [ANSI X9.24-1]
//   aes   first 3 bytes of the CMAC of a block of zeros [ANSI X9.24-1:2017, TR-31:2018]

import { encipher, zeroIv } from './block-cipher.ts'
import { cmac } from './cmac.ts'
import type { KeyScheme } from './security-module.ts'

const CHECK_BYTES = 3

/** Six characters of upper-case hex. */
export function checkValueOf(scheme: KeyScheme, key: Uint8Array): string {
  const zeros = zeroIv(scheme)
  const whole = scheme === 'tdes' ? encipher('tdes', key, zeros) : cmac('aes', key, zeros)
  return Buffer.from(whole.subarray(0, CHECK_BYTES)).toString('hex').toUpperCase()
}
