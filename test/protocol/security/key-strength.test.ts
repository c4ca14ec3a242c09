// Keys that are refused, and parity.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWeakKey, setOddParity } from '../../../protocol/security/key-strength.ts'
import { fromHex } from './test-module.ts'

describe('a weak key', () => {
  it.each([
    ['tdes', '00000000000000000000000000000000'],
    ['aes', '00000000000000000000000000000000'],
    ['aes', '41414141414141414141414141414141'],
    ['tdes', '0123456789ABCDEF 0123456789ABCDEF'],
    // The halves differ in parity only.
    ['tdes', '0123456789ABCDEF 0022446688AACCEE'],
    ['tdes', '0101010101010101 0123456789ABCDEF'],
    ['tdes', '0123456789ABCDEF 1EE11EE10FF10EF0'],
  ] as const)('of %s is %s', (scheme, hex) => {
    expect(isWeakKey(scheme, fromHex(hex))).toBe(true)
  })

  it.each([
    ['tdes', '0123456789ABCDEF FEDCBA9876543210'],
    ['tdes', '0123456789ABCDEF FEDCBA9876543211'],
    ['aes', '0123456789ABCDEF 0123456789ABCDEF'],
  ] as const)('of %s is not %s', (scheme, hex) => {
    const key = fromHex(hex)
    expect(isWeakKey(scheme, key)).toBe(false)
    expect(key.equals(fromHex(hex))).toBe(true)
  })
})

describe('odd parity', () => {
  it('is set in the lowest bit and changes no other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (key) => {
        const odd = Uint8Array.from(key)
        setOddParity(odd)
        for (const [index, byte] of odd.entries()) {
          expect(byte.toString(2).replaceAll('0', '').length % 2).toBe(1)
          expect(byte >> 1).toBe((key[index] ?? 0) >> 1)
        }
      }),
    )
  })
})
