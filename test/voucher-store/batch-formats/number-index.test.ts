// The index that finds repeated serials and PINs, compared with a plain Map.
// Its speed is not tested here.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NumberIndex } from '../../../voucher-store/batch-formats/number-index.ts'

describe('the index of numbers', () => {
  it('gives the line of the first, and 0 for what is new', () => {
    const index = new NumberIndex()
    expect(index.put(919, '190000000001', 7)).toBe(0)
    expect(index.put(919, '190000000001', 8)).toBe(7)
    expect(index.put(919, '190000000001', 9)).toBe(7)
    expect(index.put(919, '190000000002', 10)).toBe(0)
  })

  it('keeps numbers apart that differ in owner, leading zeros or length only', () => {
    const index = new NumberIndex()
    const numbers = [
      '1',
      '01',
      '001',
      '100000000000',
      '0100000000000',
      '1'.repeat(24),
      '1'.repeat(23),
    ]
    let line = 0
    for (const owner of [0, 9, 919, 935, 1935, 9999]) {
      for (const digits of numbers) expect(index.put(owner, digits, ++line)).toBe(0)
    }
    expect(index.put(9999, '1'.repeat(24), ++line)).toBe(line - 2)
  })

  it('agrees with a Map over any numbers', () => {
    const number = fc.stringMatching(/^[0-2]{1,4}$|^9{9}[01]{9,15}$/)
    const entry = fc.tuple(fc.constantFrom(0, 919, 935), number)
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
        const index = new NumberIndex()
        const map = new Map<string, number>()
        for (const [at, [owner, digits]] of entries.entries()) {
          const key = `${owner} ${digits}`
          expect(index.put(owner, digits, at + 1)).toBe(map.get(key) ?? 0)
          if (!map.has(key)) map.set(key, at + 1)
        }
      }),
    )
  })

  it('keeps numbers apart whose last twelve digits are the same', () => {
    const index = new NumberIndex()
    for (let i = 1; i <= 5000; i++) expect(index.put(0, `${10_000 + i}000000000001`, i)).toBe(0)
    expect(index.put(0, '10077000000000001', 6000)).toBe(77)
  })

  it('finds one repeated number among a hundred thousand in sequence', () => {
    const index = new NumberIndex()
    for (let i = 0; i < 100_000; i++) {
      if (index.put(935, String(935_000_000_000 + i), i + 1) !== 0) expect.fail(`line ${i}`)
    }
    expect(index.put(935, '935000077777', 200_000)).toBe(77_778)
  })
})
