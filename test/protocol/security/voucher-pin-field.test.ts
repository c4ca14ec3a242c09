// PIN fields of every length that a voucher PIN has.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encipher } from '../../../protocol/security/block-cipher.ts'
import { decipherField, encipherField } from '../../../protocol/security/voucher-pin-field.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import { VoucherPin } from '../../../protocol/values/voucher-pin.ts'
import { fromHex, good } from './test-module.ts'

const LENGTHS = Array.from({ length: 17 }, (_, index) => 8 + index)

describe.each(['tdes', 'aes'] as const)('a voucher PIN field (%s)', (scheme) => {
  it.each(LENGTHS)('of %i digits opens to them', (length) => {
    const chars = scheme === 'aes' || length > 16 ? 32 : 16
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.stringMatching(new RegExp(`^[0-9]{${length}}$`)),
        (key, text) => {
          const field = encipherField(scheme, key, good(VoucherPin.parse(text)), 0)
          expect(field).toMatch(/^[0-9A-F]+$/)
          expect(field).toHaveLength(chars)
          expect(good(decipherField(scheme, key, field)).reveal() === text).toBe(true)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('is digits and F under the key, block by block', () => {
    const key = randomBytes(16)
    const pinOf18 = good(VoucherPin.parse('123456789012345678'))
    const clear = fromHex('1234567890123456 78FFFFFFFFFFFFFF')
    const expected = encipher(scheme, key, clear).toString('hex').toUpperCase()
    expect(encipherField(scheme, key, pinOf18, 0)).toBe(expected)
  })

  it('is as long as that of the longest PIN of a reply', () => {
    const key = randomBytes(16)
    const voucherPin = good(VoucherPin.parse('1234567890123456'))
    const field = encipherField(scheme, key, voucherPin, 20)
    expect(field).toHaveLength(32)
    expect(good(decipherField(scheme, key, field)).reveal()).toBe(voucherPin.reveal())
  })

  it.each([
    ['padding in front', 'FF34567890123456'],
    ['padding in the middle', '1234F67890123456'],
    ['another padding', '123456789012EEEE'],
    ['too few digits', '1234567FFFFFFFFF'],
    ['no digit at all', 'FFFFFFFFFFFFFFFF'],
    ['more digits than a PIN has', '1234567890123456 1234567890123456'],
  ])('with %s is refused, without a word of what was read', (_, hex) => {
    const key = randomBytes(16)
    const clear = fromHex(hex.length > 16 || scheme === 'tdes' ? hex : hex.padEnd(32, 'F'))
    const field = encipher(scheme, key, clear).toString('hex').toUpperCase()
    expect(decipherField(scheme, key, field)).toEqual({
      reason: 'voucher PIN field: not digits and padding under this key',
    })
  })

  it('of another size, or no hex, is refused', () => {
    const key = randomBytes(16)
    for (const field of ['', '0', '0'.repeat(8), '0'.repeat(48), 'g'.repeat(32), 'a'.repeat(32)]) {
      const opened = decipherField(scheme, key, field)
      expect(isReason(opened) && opened.reason).toBe('voucher PIN field: not one of this size')
    }
  })
})
