// The simulation's own AES against published vectors, and against what the product writes.

import { describe, expect, it } from 'vitest'
import { headerOf, wrapKey } from '../../../protocol/security/key-block.ts'
import { cmacOf, digitsOfField, keyOfBlock } from './aes.ts'

const hex = (text: string) => Buffer.from(text, 'hex')
const KEY = hex('2b7e151628aed2a6abf7158809cf4f3c')

describe('the simulation’s own AES', () => {
  it.each([
    ['', 'bb1d6929e95937287fa37d129b756746'],
    ['6bc1bee22e409f96e93d7e117393172a', '070a16b46b4d4144f79bdd9dd04a287c'],
    [
      '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411',
      'dfa66747de9ae63030ca32611497c827',
    ],
  ])('makes the CMAC of RFC 4493 of %s', (message, mac) => {
    expect(cmacOf(KEY)(hex(message)).toString('hex')).toBe(mac)
  })

  it('opens a key block that the product wrote, and no other', () => {
    const master = Buffer.alloc(16, 3)
    const header = headerOf('mac', 'aes')
    if (header === undefined) throw new Error('no header')
    const block = wrapKey('aes', master, KEY, header, (count) => Buffer.alloc(count, 1))
    expect(keyOfBlock(master, block, 'M6C')).toEqual(KEY)
    expect(() => keyOfBlock(master, block, 'D0D')).toThrow('header')
    expect(() => keyOfBlock(Buffer.alloc(16, 4), block, 'M6C')).toThrow('wrong MAC')
    expect(() => keyOfBlock(master, `${block.slice(0, -1)}0`, 'M6C')).toThrow('wrong MAC')
  })

  it('opens an enciphered PIN field, and tells one that is none', () => {
    // By openssl enc -aes-128-ecb -nopad.
    expect(digitsOfField(KEY, '856674BBE7D0BBC37B0349C342E23B15')).toBe('7112')
    expect(() => digitsOfField(KEY, '00'.repeat(16))).toThrow('digits and padding')
    expect(() => digitsOfField(KEY, '71')).toThrow('no block')
  })
})
