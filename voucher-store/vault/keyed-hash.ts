// HMAC-SHA-256 of short texts, by two hashes of one call each [RFC 2104, section 2]: the object of
// `createHmac` is freed by the collector while everybody waits, and costs more there than the hash.
// Of a key are kept the two blocks that it makes, each with room for what is hashed behind it.

import { createHmac, hash } from 'node:crypto'

/** Of SHA-256. [FIPS 180-4] */
const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
const TEXT_BYTES = 192
/** Bytes of one UTF-16 code unit in UTF-8, at most. */
const UTF8_MOST = 3
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

interface Blocks {
  readonly inner: Buffer
  readonly outer: Buffer
}

const known = new WeakMap<Buffer, Blocks>()

/**
 * 64 hex characters. What was hashed is not kept. Digests are made as text: one as a Buffer has
 * memory outside the heap, and costs more than the hash.
 */
export function keyedHash(key: Buffer, text: string): string {
  if (text.length * UTF8_MOST > TEXT_BYTES || key.length > BLOCK_BYTES) {
    return createHmac('sha256', key).update(text).digest('hex')
  }
  const { inner, outer } = blocksOf(key)
  const end = BLOCK_BYTES + inner.write(text, BLOCK_BYTES)
  outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'latin1')
  inner.subarray(BLOCK_BYTES, end).fill(0)
  return hash('sha256', outer, 'hex')
}

function blocksOf(key: Buffer): Blocks {
  let blocks = known.get(key)
  if (blocks === undefined) {
    const inner = padded(key, INNER_PAD, TEXT_BYTES)
    blocks = { inner, outer: padded(key, OUTER_PAD, DIGEST_BYTES) }
    known.set(key, blocks)
  }
  return blocks
}

function padded(key: Buffer, pad: number, room: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + room)
  for (let at = 0; at < BLOCK_BYTES; at++) block[at] = (key[at] ?? 0) ^ pad
  return block
}
