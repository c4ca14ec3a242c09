// CMAC over triple DES (NIST SP 800-38B with a block of 64 bits), which derives and binds the keys
// of a TR-31 block of version B. The CMAC of messages is AES and comes from a package: see mac.ts.

import { BLOCK_BYTES, encipher, xorInto, zeroIv } from './block-cipher.ts'

const BLOCK = BLOCK_BYTES.tdes
/** R of a block of 64 bits. [NIST SP 800-38B, 5.3] */
const REDUCTION = 0x1b

/** All 8 bytes, under two keys (16 bytes) or three (24 bytes). */
export function tdesCmac(key: Uint8Array, message: Uint8Array): Buffer {
  const whole = message.length > 0 && message.length % BLOCK === 0
  const blocks = Math.max(1, Math.ceil(message.length / BLOCK))
  const padded = Buffer.alloc(blocks * BLOCK)
  padded.set(message)
  if (!whole) padded[message.length] = 0x80
  const first = doubled(encipher('tdes', key, zeroIv('tdes')))
  xorInto(padded, whole ? first : doubled(first), padded.length - BLOCK)
  const chain = encipher('tdes', key, padded, zeroIv('tdes'))
  padded.fill(0)
  return chain.subarray(chain.length - BLOCK)
}

/** Twice the block in the field of 2^64 elements. */
function doubled(block: Buffer): Buffer {
  const value = block.readBigUInt64BE()
  const twice = Buffer.alloc(BLOCK)
  twice.writeBigUInt64BE(BigInt.asUintN(64, value << 1n))
  if (value >> 63n === 1n) xorInto(twice, Uint8Array.of(REDUCTION), BLOCK - 1)
  return twice
}
