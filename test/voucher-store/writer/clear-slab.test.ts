// What a thread finds in the memory that it begins with is not there any more, and what it was
// given of it is untouched.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { clearSlab } from '../../../voucher-store/writer/clear-slab.ts'

const SLAB = 8_192

let before: number
beforeEach(() => {
  before = Buffer.poolSize
  Buffer.poolSize = SLAB
})
afterEach(() => {
  Buffer.poolSize = before
})

it('what is left of a slab is empty, and no small buffer shares one any more', () => {
  // Of a slab that nobody else has a part of.
  for (let n = 0; n < 10; n++) Buffer.allocUnsafe(SLAB / 2 - 1)
  const given = Buffer.allocUnsafe(100).fill(0xaa)
  const end = given.byteOffset + given.length
  new Uint8Array(given.buffer).fill(0xbb, end)
  clearSlab()
  expect(given.equals(Buffer.alloc(100, 0xaa))).toBe(true)
  // It may stand a few bytes further on, where the next one would have begun.
  const rest = new Uint8Array(given.buffer).subarray(end + 8)
  expect(rest.length).toBeGreaterThan(100)
  expect(rest.every((byte) => byte === 0)).toBe(true)
  expect(Buffer.from('a few bytes').buffer.byteLength).toBe(11)
})
