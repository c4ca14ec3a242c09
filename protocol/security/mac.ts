// MACs of messages, 8 bytes. [wire-protocol 3.5]
//
//   tdes  ISO/IEC 9797-1 algorithm 3, padding method 1 (ANSI X9.19): CBC under the left half of
//         the key, the last block under left, right (deciphered) and left again
//   aes   AES-CMAC (NIST SP 800-38B), leftmost 8 bytes
//
// What depends on the key alone is made once; `SoftwareModule` keeps it for keys in use.

import { timingSafeEqual } from 'node:crypto'
import { BLOCK_BYTES, blockCipher, xorInto, zeroIv } from './block-cipher.ts'
import { cmacUnder } from './cmac.ts'
import type { KeyScheme } from './security-module.ts'

const MAC_BYTES = 8

/** The MAC of a message under the key that this was made for. */
export type Mac = (input: Uint8Array) => Uint8Array

export function macUnder(scheme: KeyScheme, key: Uint8Array): Mac {
  if (scheme === 'tdes') return retailMac(key)
  const whole = cmacUnder('aes', key)
  return (input) => whole(input).subarray(0, MAC_BYTES)
}

/** In constant time; a MAC of another length is none. */
export function isSameMac(expected: Uint8Array, mac: Uint8Array): boolean {
  return expected.length === mac.length && timingSafeEqual(expected, mac)
}

/**
 * The ciphers live as long as the key: making one costs as much as half a message. A CBC cipher
 * cannot be set back to a zero vector, so its last block is taken out of the next message's first.
 */
function retailMac(key: Uint8Array): Mac {
  const left = key.subarray(0, BLOCK_BYTES.tdes)
  const single = Buffer.concat([left, left])
  const chained = blockCipher('tdes', single, zeroIv('tdes'))
  const triple = blockCipher('tdes', key)
  single.fill(0)
  let vector = zeroIv('tdes')
  return (input) => {
    const blocks = Math.max(1, Math.ceil(input.length / BLOCK_BYTES.tdes))
    const padded = Buffer.alloc(blocks * BLOCK_BYTES.tdes)
    padded.set(input)
    const lastAt = padded.length - BLOCK_BYTES.tdes
    if (lastAt > 0) {
      xorInto(padded, vector)
      vector = chained.update(padded.subarray(0, lastAt)).subarray(lastAt - BLOCK_BYTES.tdes)
      xorInto(padded, vector, lastAt)
    }
    return triple.update(padded.subarray(lastAt))
  }
}
