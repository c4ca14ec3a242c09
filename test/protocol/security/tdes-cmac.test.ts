// CMAC over triple DES by the examples of the standard.

import { describe, expect, it } from 'vitest'
import { tdesCmac } from '../../../protocol/security/tdes-cmac.ts'
import { fromHex } from './test-module.ts'

const MESSAGE = '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51'

// NIST SP 800-38B, appendices D.4 (three keys) and D.5 (two keys).
const THREE = '8aa83bf8cbda1062 0bc1bf19fbb6cd58 bc313d4a371ca8b5'
const TWO = '4cf15134a2850dd5 8a3d10ba80570d38'

describe('TDES-CMAC', () => {
  it.each([
    [THREE, 0, 'b7a688e122ffaf95'],
    [THREE, 8, '8e8f293136283797'],
    [THREE, 20, '743ddbe0ce2dc2ed'],
    [THREE, 32, '33e6b1092400eae5'],
    [TWO, 0, 'bd2ebf9a3ba00361'],
    [TWO, 8, '4ff2ab813c53ce83'],
    [TWO, 20, '62dd1b471902bd4e'],
    [TWO, 32, '31b1e431dabc4eb8'],
  ])('under %s over %i bytes is that of SP 800-38B', (key, bytes, mac) => {
    const message = fromHex(MESSAGE).subarray(0, bytes)
    expect(tdesCmac(fromHex(key), message).toString('hex')).toBe(mac)
  })
})
