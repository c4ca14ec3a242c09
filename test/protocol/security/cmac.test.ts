// CMAC by the examples of the standard, and AES-CMAC beside an implementation of others.

import { randomBytes } from 'node:crypto'
import { cmac as otherCmac } from '@noble/ciphers/aes.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cmac, cmacUnder } from '../../../protocol/security/cmac.ts'
import { fromHex } from './test-module.ts'

const MESSAGE =
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
  '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710'

// NIST SP 800-38B, appendices D.1 (AES-128), D.3 (AES-256), D.4 (three keys) and D.5 (two keys).
const AES_128 = '2b7e151628aed2a6 abf7158809cf4f3c'
const AES_256 = '603deb1015ca71be 2b73aef0857d7781 1f352c073b6108d7 2d9810a30914dff4'
const THREE = '8aa83bf8cbda1062 0bc1bf19fbb6cd58 bc313d4a371ca8b5'
const TWO = '4cf15134a2850dd5 8a3d10ba80570d38'

describe('CMAC', () => {
  it.each([
    ['aes', AES_128, 0, 'bb1d6929e95937287fa37d129b756746'],
    ['aes', AES_128, 16, '070a16b46b4d4144f79bdd9dd04a287c'],
    ['aes', AES_128, 40, 'dfa66747de9ae63030ca32611497c827'],
    ['aes', AES_128, 64, '51f0bebf7e3b9d92fc49741779363cfe'],
    ['aes', AES_256, 0, '028962f61b7bf89efc6b551f4667d983'],
    ['aes', AES_256, 64, 'e1992190549f6ed5696a2c056c315410'],
    ['tdes', THREE, 0, 'b7a688e122ffaf95'],
    ['tdes', THREE, 8, '8e8f293136283797'],
    ['tdes', THREE, 20, '743ddbe0ce2dc2ed'],
    ['tdes', THREE, 32, '33e6b1092400eae5'],
    ['tdes', TWO, 0, 'bd2ebf9a3ba00361'],
    ['tdes', TWO, 8, '4ff2ab813c53ce83'],
    ['tdes', TWO, 20, '62dd1b471902bd4e'],
    ['tdes', TWO, 32, '31b1e431dabc4eb8'],
  ] as const)('of %s under %s over %i bytes is that of SP 800-38B', (scheme, key, bytes, mac) => {
    const message = fromHex(MESSAGE).subarray(0, bytes)
    expect(cmac(scheme, fromHex(key), message).toString('hex')).toBe(mac)
    const under = cmacUnder(scheme, fromHex(key))
    for (const before of [message, fromHex(MESSAGE), Buffer.alloc(3)]) under(before).fill(7)
    expect(under(message).toString('hex')).toBe(mac)
  })

  it('of an aes key is what others make of it, whatever came before', () => {
    const key = randomBytes(16)
    const under = cmacUnder('aes', key)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
        expect(under(message)).toEqual(Buffer.from(otherCmac(message, key)))
      }),
    )
  })

  it('leaves the message as it was', () => {
    const message = fromHex(MESSAGE)
    cmacUnder('aes', fromHex(AES_128))(message)
    cmac('tdes', fromHex(TWO), message)
    expect(message).toEqual(fromHex(MESSAGE))
  })
})
