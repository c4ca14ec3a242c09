// The load's own MAC is the standard's, and the one that the product computes by other means.

import { cmac } from '@noble/ciphers/aes.js'
import { describe, expect, it } from 'vitest'
import { cmacUnder } from '../../../bench/load/cmac.ts'

/** [NIST SP 800-38B, D.1] */
const KEY = Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex')
const MESSAGE = Buffer.from(
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411',
  'hex',
)

describe('the CMAC of the load', () => {
  it.each([
    [0, 'bb1d6929e9593728'],
    [16, '070a16b46b4d4144'],
    [40, 'dfa66747de9ae630'],
  ])('of %d bytes is that of the standard', (length, hex) => {
    expect(cmacUnder(KEY)(MESSAGE.subarray(0, length)).toString('hex')).toBe(hex)
  })

  it('is that of the product for messages of every length', () => {
    const mac = cmacUnder(KEY)
    for (let length = 0; length <= 300; length++) {
      const input = Buffer.alloc(length, length)
      expect(mac(input)).toEqual(Buffer.from(cmac(input, KEY).subarray(0, 8)))
    }
  })
})
