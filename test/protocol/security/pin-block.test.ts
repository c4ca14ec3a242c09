// PIN blocks by published examples; what does not open says nothing of the PIN.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encipher, xorInto } from '../../../protocol/security/block-cipher.ts'
import { pinDigits, readPinBlock, writePinBlock } from '../../../protocol/security/pin-block.ts'
import { CardPin } from '../../../protocol/values/card.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import { fromHex, good } from './test-module.ts'

const digitsOf = (text: string) => pinDigits(good(CardPin.parse(text)))
const NOT_ONE = { reason: 'PIN block: not one of this card and key' }

describe('a PIN block of format 0', () => {
  // ANSI X9.24-1:2009, A.4: clear block of PIN 1234 and card 4012345678909, and its cryptogram
  // under the PIN key of KSN FFFF9876543210E00001.
  const key = fromHex('042666B49184CF5C 68DE9628D0397B36')

  it('is that of ANSI X9.24-1', () => {
    const block = writePinBlock('tdes', key, digitsOf('1234'), '4012345678909', randomBytes)
    expect(block).toBe('1B9C1845EB993A7A')
    const clear = encipher('tdes', key, fromHex('041274EDCBA9876F'))
    expect(clear.toString('hex').toUpperCase()).toBe(block)
  })

  it('of a card of 12 digits has its eleven digits padded in front', () => {
    const block = writePinBlock('tdes', key, digitsOf('1234'), '123456789012', randomBytes)
    expect(block).toBe(
      encipher('tdes', key, fromHex('041235DCBA9876FE')).toString('hex').toUpperCase(),
    )
  })
})

describe('a PIN block of format 4', () => {
  it('is that of psec (Python) with padding of FF', () => {
    const key = fromHex('00112233445566778899AABBCCDDEEFF')
    const padding = () => Buffer.alloc(8, 0xff)
    const block = writePinBlock('aes', key, digitsOf('1234'), '1234567890123456789', padding)
    expect(block).toBe('28B41FDDD29B743E93124BD8E32D921E')
  })

  it('has eight bytes of chance, each of which makes it another', () => {
    const key = fromHex('00112233445566778899AABBCCDDEEFF')
    const blocks = Array.from({ length: 8 }, (_, at) => {
      const chance = Buffer.alloc(8)
      chance[at] = 1
      const padding = (count: number) => chance.subarray(0, count)
      return writePinBlock('aes', key, digitsOf('1234'), '1234567890123456789', padding)
    })
    expect(new Set(blocks).size).toBe(8)
  })

  it('has the fields of ANSI X9.24-3:2017, supplement', () => {
    const key = randomBytes(16)
    const padding = () => Buffer.alloc(8, 0x2f)
    const field = encipher('aes', key, fromHex('441234AAAAAAAAAA 2F2F2F2F2F2F2F2F'))
    xorInto(field, fromHex('44111111111111111000000000000000'))
    const block = writePinBlock('aes', key, digitsOf('1234'), '4111111111111111', padding)
    expect(block).toBe(encipher('aes', key, field).toString('hex').toUpperCase())
  })

  it('is another one each time', () => {
    const make = () =>
      writePinBlock('aes', Buffer.alloc(16, 7), digitsOf('123456'), '4111111111111111', randomBytes)
    expect(make()).not.toBe(make())
  })
})

describe.each(['tdes', 'aes'] as const)('a PIN block (%s)', (scheme) => {
  const cardPins = fc.stringMatching(/^[0-9]{4,12}$/)
  const pans = fc.stringMatching(/^[0-9]{12,19}$/)
  const keys = fc.uint8Array({ minLength: 16, maxLength: 16 })

  it('opens to the digits that went in', () => {
    fc.assert(
      fc.property(keys, cardPins, pans, (key, text, pan) => {
        const block = writePinBlock(scheme, key, digitsOf(text), pan, randomBytes)
        expect(block).toMatch(scheme === 'tdes' ? /^[0-9A-F]{16}$/ : /^[0-9A-F]{32}$/)
        const digits = good(readPinBlock(scheme, key, block, pan))
        expect(digits.join('') === text).toBe(true)
      }),
    )
  })

  it('never opens to the same digits for another card or key', () => {
    fc.assert(
      fc.property(keys, cardPins, pans, fc.nat(), (key, text, pan, chance) => {
        const block = writePinBlock(scheme, key, digitsOf(text), pan, randomBytes)
        const other = withOtherDigit(pan, chance)
        const opened = readPinBlock(scheme, key, block, other)
        expect(isReason(opened) || opened.join('') !== text).toBe(true)
        const underOther = readPinBlock(scheme, randomBytes(16), block, pan)
        expect(isReason(underOther) || underOther.join('') !== text).toBe(true)
      }),
    )
  })

  // In clear, the fault is: another format, too short, too long, no digit, wrong padding.
  it.each(
    scheme === 'tdes'
      ? [
          '141234FFFFFFFFFF',
          '03123FFFFFFFFFFF',
          '0D1234567890123F',
          '04123AFFFFFFFFFF',
          '041234FFFFFFFFF0',
        ]
      : [
          '041234AAAAAAAAAA',
          '43123AAAAAAAAAAA',
          '4D1234567890123A',
          '44123BAAAAAAAAAA',
          '441234AAAAAAAAAF',
        ],
  )('with the field %s has the one reason', (field) => {
    const key = randomBytes(16)
    const pan = '4111111111111111'
    expect(readPinBlock(scheme, key, ownBlock(key, field), pan)).toEqual(NOT_ONE)
  })

  it('that is cut, long or no hex is refused', () => {
    const key = randomBytes(16)
    const block = writePinBlock(scheme, key, digitsOf('1234'), '4111111111111111', randomBytes)
    for (const other of [
      '',
      block.slice(1),
      `${block}0`,
      block.replace(/.$/, 'g'),
      block + block,
    ]) {
      const opened = readPinBlock(scheme, key, other, '4111111111111111')
      expect(isReason(opened) && opened.reason).toMatch(/hex characters expected$/)
    }
  })

  /** A block with that PIN field, good or not, for card 4111111111111111. */
  function ownBlock(key: Uint8Array, field: string): string {
    const clear = scheme === 'tdes' ? fromHex(field) : fromHex(`${field}0102030405060708`)
    const first = scheme === 'tdes' ? clear : encipher('aes', key, clear)
    const card = scheme === 'tdes' ? '0000111111111111' : '44111111111111111'.padEnd(32, '0')
    xorInto(first, fromHex(card))
    return encipher(scheme, key, first).toString('hex').toUpperCase()
  }
})

/** Another card in the digits that a block of format 0 is bound to. */
function withOtherDigit(pan: string, chance: number): string {
  const at = pan.length - 2 - (chance % 11)
  const digit = (Number(pan[at]) + 1 + (chance % 9)) % 10
  return pan.slice(0, at) + digit + pan.slice(at + 1)
}
