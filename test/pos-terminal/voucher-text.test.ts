// Voucher PINs as people read and dial them, for every length that operators sell.
// Layout is tried in receipt.test.ts.

import { describe, expect, it } from 'vitest'
import { groupedDigits, redeemString } from '../../pos-terminal/voucher-text.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import { sure } from './scripted-switch.ts'

const of = (length: number) => sure(VoucherPin.parse('1234567890123456789012345'.slice(0, length)))

describe('a voucher PIN on paper', () => {
  it.each([
    [8, '1234 5678'],
    [12, '1234 5678 9012'],
    [13, '1234 5678 90123'],
    [14, '1234 56789 01234'],
    [15, '12345 67890 12345'],
    [16, '1234 5678 9012 3456'],
    [18, '1234 5678 90123 45678'],
    [20, '12345 67890 12345 67890'],
  ])('of %i digits is grouped', (length, text) => {
    expect(groupedDigits(of(length)).replaceAll('\u00a0', ' ')).toBe(text)
  })

  it('stands without spaces in a dial string', () => {
    expect(redeemString('*141*{pin}#', of(16))).toBe('*141*1234567890123456#')
  })
})
