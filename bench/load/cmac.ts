// AES-CMAC over OpenSSL, for the generator and the scripted host: the load must cost its own core
// as little as can be. The product computes its MACs by its own means; a MAC that the two do not
// agree on is refused and counted as a failed sale. [NIST SP 800-38B]

import { createCipheriv } from 'node:crypto'

const BLOCK = 16
const ZERO = Buffer.alloc(BLOCK)
const MAC_BYTES = 8

/** The leftmost 8 bytes of the CMAC, for one key. */
export function cmacUnder(key: Buffer): (input: Buffer) => Buffer {
  const ecb = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  const whole = doubled(ecb.update(ZERO))
  const padded = doubled(whole)
  return (input) => {
    const blocks = Math.max(1, Math.ceil(input.length / BLOCK))
    const last = (blocks - 1) * BLOCK
    const isWhole = input.length === blocks * BLOCK
    const text = Buffer.alloc(blocks * BLOCK)
    text.set(input)
    if (!isWhole) text[input.length] = 0x80
    const mask = isWhole ? whole : padded
    for (let i = 0; i < BLOCK; i++) text[last + i] = (text[last + i] ?? 0) ^ (mask[i] ?? 0)
    const cbc = createCipheriv('aes-128-cbc', key, ZERO).setAutoPadding(false)
    return cbc.update(text).subarray(last, last + MAC_BYTES)
  }
}

/** Twice the block in the field of 2^128 elements. */
function doubled(block: Buffer): Buffer {
  const value = BigInt(`0x${block.toString('hex')}`)
  const twice = BigInt.asUintN(128, value << 1n) ^ (value >> 127n === 1n ? 0x87n : 0n)
  return Buffer.from(twice.toString(16).padStart(32, '0'), 'hex')
}
