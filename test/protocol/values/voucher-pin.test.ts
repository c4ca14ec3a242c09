// The digits that a customer redeems.

import { describe, expect, it } from 'vitest'
import { isReason } from '../../../protocol/values/reason.ts'
import { VoucherPin } from '../../../protocol/values/voucher-pin.ts'

describe('a voucher PIN', () => {
  it.each([['71000000'], ['7100000000000001'], ['710000000000000000000001']])(
    'is read from %s',
    (digits) => {
      const voucherPin = VoucherPin.parse(digits)
      expect(isReason(voucherPin) ? voucherPin.reason : voucherPin.reveal()).toBe(digits)
    },
  )

  it.each([['7100000'], ['7100000000000000000000001'], ['7100 0000'], ['7100000A'], ['']])(
    'is not read from %j, and the reason does not repeat it',
    (text) => {
      const voucherPin = VoucherPin.parse(text)
      expect(isReason(voucherPin)).toBe(true)
      if (isReason(voucherPin) && text !== '') expect(voucherPin.reason).not.toContain(text)
    },
  )

  it('shows nothing of itself, not even its length', () => {
    const shown = ['71000000', '710000000000000000000001'].map((digits) => {
      return String(VoucherPin.parse(digits))
    })
    expect(shown).toEqual(['***', '***'])
  })
})
