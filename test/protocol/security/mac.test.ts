// MACs by published examples, and what a MAC is for: no bit may change.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSameMac, macUnder } from '../../../protocol/security/mac.ts'
import { fromHex } from './test-module.ts'

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const SCHEMES = ['tdes', 'aes'] as const

describe('the MAC of a tdes key', () => {
  // ISO/IEC 9797-1:2011, annex B.4: MAC algorithm 3, padding method 1.
  it.each([
    ['Now is the time for all ', 'a1c72e74ea3fa9b6'],
    ['Now is the time for it', '2e2b1428cc78254f'],
  ])('is that of ISO 9797-1 for %j', (text, mac) => {
    const under = macUnder('tdes', fromHex('0123456789ABCDEF FEDCBA9876543210'))
    expect(hexOf(under(Buffer.from(text)))).toBe(mac)
    // Again: nothing of the message before is left.
    expect(hexOf(under(Buffer.from(text)))).toBe(mac)
  })

  it('is that of the test of Bouncy Castle (ISO9797Alg3MacTest)', () => {
    const under = macUnder('tdes', fromHex('7CA110454A1A6E57 0131D9619DC1376E'))
    expect(hexOf(under(Buffer.from('Hello World !!!!')))).toBe('f09b856213bab83b')
  })

  it('of one block or none is that block under the whole key', () => {
    const under = macUnder('tdes', fromHex('0123456789ABCDEF FEDCBA9876543210'))
    // A block of zeros: the check value of that key, 08D7B4FB629D0885.
    expect(hexOf(under(Buffer.alloc(0)))).toBe('08d7b4fb629d0885')
    expect(hexOf(under(Buffer.alloc(8)))).toBe('08d7b4fb629d0885')
  })
})

describe('the MAC of an aes key', () => {
  const MESSAGE =
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
    '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710'

  // NIST SP 800-38B, example for AES-128; RFC 4493, section 4.
  it.each([
    [0, 'bb1d6929e9593728'],
    [16, '070a16b46b4d4144'],
    [40, 'dfa66747de9ae630'],
    [64, '51f0bebf7e3b9d92'],
  ])('is the left half of the CMAC of RFC 4493 over %i bytes', (bytes, mac) => {
    const under = macUnder('aes', fromHex('2b7e151628aed2a6abf7158809cf4f3c'))
    expect(hexOf(under(fromHex(MESSAGE).subarray(0, bytes)))).toBe(mac)
  })
})

describe.each(SCHEMES)('a MAC (%s)', (scheme) => {
  it('is the same whatever the key was used for before, and 8 bytes long', () => {
    const key = randomBytes(16)
    const used = macUnder(scheme, key)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        const mac = used(input)
        expect(mac).toHaveLength(8)
        expect(isSameMac(macUnder(scheme, key)(input), mac)).toBe(true)
      }),
    )
  })

  it('is another one when a bit of message, MAC or key changes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 150 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.nat(),
        (input, key, bit) => {
          const mac = macUnder(scheme, key)(input)
          expect(isSameMac(macUnder(scheme, key)(flipped(input, bit)), mac)).toBe(false)
          expect(isSameMac(macUnder(scheme, key)(input), flipped(mac, bit))).toBe(false)
          // The lowest bit of a byte of a DES key is parity.
          const keyBit = scheme === 'tdes' && bit % 8 === 0 ? bit + 1 : bit
          expect(isSameMac(macUnder(scheme, flipped(key, keyBit))(input), mac)).toBe(false)
        },
      ),
    )
  })

  it('of another length is none', () => {
    const mac = macUnder(scheme, randomBytes(16))(Buffer.from('a'))
    for (const length of [0, 4, 7]) expect(isSameMac(mac, mac.subarray(0, length))).toBe(false)
    expect(isSameMac(mac, Buffer.concat([mac, mac]))).toBe(false)
  })
})

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const at = (bit >> 3) % copy.length
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7))
  return copy
}
