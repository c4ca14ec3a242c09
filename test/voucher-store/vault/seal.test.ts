// What is sealed opens with its key at its place, and in no other way.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyIdOf, open, seal } from '../../../voucher-store/vault/seal.ts'

const KEY = { id: 7, key: Buffer.alloc(32, 1) }
const CLEAR = Buffer.from('7100000000000001')

describe('what is sealed', () => {
  it('opens with its key at its place', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.string({ maxLength: 400, unit: 'binary' }),
        (bytes, place) => {
          const clear = Buffer.from(bytes)
          expect(open(KEY, seal(KEY, clear, place), place)?.equals(clear)).toBe(true)
        },
      ),
    )
  })

  it('names its key, and shows nothing of what it holds', () => {
    const sealed = seal(KEY, CLEAR, 'pin|1')
    expect(keyIdOf(sealed)).toBe(7)
    expect(sealed.includes(CLEAR)).toBe(false)
    expect(sealed).toHaveLength(4 + 12 + CLEAR.length + 16)
  })

  it('is another each time', () => {
    const many = new Set(Array.from({ length: 50 }, () => seal(KEY, CLEAR, 'a').toString('hex')))
    expect(many.size).toBe(50)
  })

  it('does not open at another place', () => {
    const sealed = seal(KEY, CLEAR, 'pin|1|2|091905')
    for (const place of ['pin|2|2|091905', 'pin|1|3|091905', 'pin|1|2|091910', 'card|1', '']) {
      expect(open(KEY, sealed, place)).toBeUndefined()
    }
  })

  it('does not open at a long place that differs in its last character only', () => {
    for (const length of [80, 85, 86, 250, 256, 1_000]) {
      const place = 'ü'.repeat(length)
      const sealed = seal(KEY, CLEAR, place)
      expect(open(KEY, sealed, place)?.equals(CLEAR)).toBe(true)
      expect(open(KEY, sealed, `${place.slice(1)}u`)).toBeUndefined()
      expect(open(KEY, sealed, place.slice(1))).toBeUndefined()
    }
  })

  it('does not open with another key, or under another key’s number', () => {
    const sealed = seal(KEY, CLEAR, 'a')
    expect(open({ ...KEY, key: Buffer.alloc(32, 2) }, sealed, 'a')).toBeUndefined()
    expect(open({ ...KEY, id: 8 }, sealed, 'a')).toBeUndefined()
    const renamed = Buffer.from(sealed)
    renamed.writeUInt32BE(8, 0)
    expect(open({ ...KEY, id: 8 }, renamed, 'a')).toBeUndefined()
  })

  it('does not open after any bit of it was changed, or cut off, or added', () => {
    const sealed = seal(KEY, CLEAR, 'a')
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(open(KEY, changed, 'a')).toBeUndefined()
      expect(open(KEY, sealed.subarray(0, at), 'a')).toBeUndefined()
    }
    expect(open(KEY, Buffer.concat([sealed, Buffer.alloc(1)]), 'a')).toBeUndefined()
  })

  it('is never found in random bytes', () => {
    for (let length = 0; length < 60; length++) {
      expect(open(KEY, randomBytes(length), 'a')).toBeUndefined()
      expect(keyIdOf(Buffer.alloc(Math.min(length, 15)))).toBe(0)
    }
  })
})
