// Whole rials: what DE 4 may hold, both ways.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isReason } from '../../../protocol/values/reason.ts'
import { formatRial, MAX_RIAL, parseRial, toRial } from '../../../protocol/values/rial.ts'

describe('an amount', () => {
  it('is read from the digits of DE 4', () => {
    expect(parseRial('000000050000')).toBe(50_000)
    expect(parseRial('0')).toBe(0)
    expect(parseRial('999999999999')).toBe(MAX_RIAL)
  })

  it.each([[''], ['1234567890123'], ['-1'], ['1.5'], ['12a'], [' 12'], ['12 '], ['1e3'], ['١٢']])(
    'is not read from %j',
    (text) => {
      expect(isReason(parseRial(text))).toBe(true)
    },
  )

  it('written and read again is the same, in twelve digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_RIAL }), (amount) => {
        const text = formatRial(toRial(amount))
        expect(text).toMatch(/^\d{12}$/)
        expect(parseRial(text)).toBe(amount)
      }),
    )
  })

  it('that DE 4 cannot hold is our own bug and throws', () => {
    expect(toRial(MAX_RIAL)).toBe(MAX_RIAL)
    for (const wrong of [-1, 0.5, MAX_RIAL + 1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => toRial(wrong)).toThrow(RangeError)
    }
  })
})
