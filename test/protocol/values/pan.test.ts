// A card number: length, check digit, and what of it may be shown.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskPan, Pan, withoutCards } from '../../../protocol/values/pan.ts'
import { isReason } from '../../../protocol/values/reason.ts'

/** The digit that makes a number valid, found by trying all ten with another method. */
function withCheckDigit(body: string): string {
  const doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
  const digits = [...body].map(Number).reverse()
  const sum = digits.reduce(
    (all, digit, n) => all + (n % 2 === 0 ? (doubled[digit] ?? 0) : digit),
    0,
  )
  return `${body}${(10 - (sum % 10)) % 10}`
}

const bodies = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 11, maxLength: 18 })

describe('a card number', () => {
  it.each([['6037990000000014'], ['6273530000000029'], ['4111111111111111'], ['378282246310005']])(
    '%s is read',
    (digits) => {
      const pan = Pan.parse(digits)
      expect(isReason(pan) ? pan.reason : pan.reveal()).toBe(digits)
    },
  )

  it('of 12 to 19 digits with its check digit is read, with any other digit it is not', () => {
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 9 }), (body, off) => {
        const digits = withCheckDigit(body)
        expect(isReason(Pan.parse(digits))).toBe(false)
        const wrong = (Number(digits.at(-1)) + off) % 10
        expect(isReason(Pan.parse(`${body}${wrong}`))).toBe(true)
      }),
    )
  })

  it.each([
    ['', '12 to 19 digits'],
    ['00000000000', '12 to 19 digits'],
    ['00000000000000000000', '12 to 19 digits'],
    ['603799000000001 ', '12 to 19 digits'],
    ['603799000000001X', '12 to 19 digits'],
    ['6037990000000015', 'check digit'],
  ])('is not read from %j', (text, why) => {
    const pan = Pan.parse(text)
    expect(isReason(pan) && pan.reason).toContain(why)
  })

  it('refused does not repeat the digits', () => {
    const pan = Pan.parse('6037990000000015')
    expect(isReason(pan) && pan.reason).not.toContain('603799')
  })

  it('shows its first six and last four digits, and as many stars as it hides', () => {
    expect(maskPan('6037990000000014')).toBe('603799******0014')
    expect(maskPan('603799000014')).toBe('603799**0014')
    expect(maskPan('6037990000000000014')).toBe('603799*********0014')
  })

  it('that is too short to hide anything shows nothing', () => {
    expect(maskPan('60379900001')).toBe('****')
    expect(maskPan('')).toBe('****')
  })
})

describe('a text from outside', () => {
  it('loses what in it could be a card number, and nothing else', () => {
    expect(withoutCards('card 6037990000000014, twice: 6037990000000014')).toBe(
      'card 603799******0014, twice: 603799******0014',
    )
    expect(withoutCards('RRN 632600000002, sale 17')).toBe('RRN 632600000002, sale 17')
    expect(withoutCards('12345678901')).toBe('12345678901')
  })

  it('loses a run of digits that is longer than a card number, which may have one in it', () => {
    expect(withoutCards('x60379900000000142912y')).toBe('x603799**********2912y')
  })
})
