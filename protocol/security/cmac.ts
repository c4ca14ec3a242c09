// CMAC over either block cipher (NIST SP 800-38B): of messages, of check values, and where TR-31
// blocks derive and bind their keys. CBC with a zero vector over the message, whose last block is
// changed by a sub-key first: one call of OpenSSL for a message.
//
// For a key in use everything that depends on the key alone is made once. Its cipher lives as long
// as the key: making one costs more than a message. A CBC cipher cannot be set back to a zero
// vector, so the last block that it made is taken out of the next message's first.

import { BLOCK_BYTES, blockCipher, encipher, xorInto, zeroIv } from './block-cipher.ts'
import type { KeyScheme } from './security-module.ts'

/** R of a block of 64 bits, and of one of 128. [NIST SP 800-38B, 5.3] */
const REDUCTION = { tdes: 0x1b, aes: 0x87 } as const satisfies Record<KeyScheme, number>

interface SubKeys {
  /** For a message of whole blocks, and for one that is padded. */
  readonly whole: Buffer
  readonly padded: Buffer
}

/** All bytes of the CMAC, for a key that is used once. `tdes`: two keys or three. */
export function cmac(scheme: KeyScheme, key: Uint8Array, message: Uint8Array): Buffer {
  const subKeys = subKeysOf(scheme, key)
  const blocks = blocksOf(BLOCK_BYTES[scheme], message, subKeys)
  const chain = encipher(scheme, key, blocks, zeroIv(scheme))
  for (const secret of [blocks, subKeys.whole, subKeys.padded]) secret.fill(0)
  return chain.subarray(chain.length - BLOCK_BYTES[scheme])
}

/** The same for one key again and again. The bytes given are the caller's. */
export function cmacUnder(scheme: KeyScheme, key: Uint8Array): (message: Uint8Array) => Buffer {
  const block = BLOCK_BYTES[scheme]
  const subKeys = subKeysOf(scheme, key)
  const chained = blockCipher(scheme, key, zeroIv(scheme))
  const vector = Buffer.alloc(block)
  return (message) => {
    const blocks = blocksOf(block, message, subKeys)
    xorInto(blocks, vector)
    const chain = chained.update(blocks)
    blocks.fill(0)
    const lastAt = chain.length - block
    for (let i = 0; i < block; i++) vector[i] = chain[lastAt + i] ?? 0
    return chain.subarray(lastAt)
  }
}

/** Room for any frame, used again and again: to make a buffer takes longer than the MAC in it. */
const ROOM = Buffer.alloc(4_096)

/** The message in whole blocks, a sub-key in the last. Whoever gets it wipes it. */
function blocksOf(block: number, message: Uint8Array, subKeys: SubKeys): Buffer {
  const isWhole = message.length > 0 && message.length % block === 0
  const bytes = Math.max(1, Math.ceil(message.length / block)) * block
  const blocks = bytes <= ROOM.length ? ROOM.subarray(0, bytes) : Buffer.alloc(bytes)
  blocks.set(message)
  blocks.fill(0, message.length)
  if (!isWhole) blocks[message.length] = 0x80
  xorInto(blocks, isWhole ? subKeys.whole : subKeys.padded, blocks.length - block)
  return blocks
}

function subKeysOf(scheme: KeyScheme, key: Uint8Array): SubKeys {
  const zeros = encipher(scheme, key, zeroIv(scheme))
  const whole = doubled(scheme, zeros)
  zeros.fill(0)
  return { whole, padded: doubled(scheme, whole) }
}

/** Twice the block in the field of 2^64 or 2^128 elements. */
function doubled(scheme: KeyScheme, block: Buffer): Buffer {
  const twice = Buffer.alloc(block.length)
  let carry = 0
  for (let i = block.length - 1; i >= 0; i--) {
    const byte = block[i] ?? 0
    twice[i] = (byte << 1) | carry
    carry = byte >> 7
  }
  if (carry === 1) xorInto(twice, Uint8Array.of(REDUCTION[scheme]), block.length - 1)
  return twice
}
