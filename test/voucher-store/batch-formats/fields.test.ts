// The values of columns and header lines, and above all what a message may show of them.
// Whole rows are tested with their formats.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  columnsOf,
  dateText,
  isDigits,
  isRealDay,
  keyOf,
  pinRefusal,
  readDate,
  shown,
  trimSpaces,
} from '../../../voucher-store/batch-formats/fields.ts'

describe('a value in a message', () => {
  it('is shown when it is short', () => {
    expect(shown('IRR')).toBe('IRR')
    expect(shown('1234567')).toBe('1234567')
    expect(shown('2026-02-30')).toBe('2026-02-30')
  })

  it('is not shown when it could be a PIN, in any spelling', () => {
    for (const text of ['12345678', '1234 5678', '1234-5678-9012', '"12345678"', 'PIN:12345678']) {
      expect(shown(text)).toBeUndefined()
    }
  })

  it('is not shown when it is long or holds unusual characters', () => {
    for (const text of ['', 'x'.repeat(25), 'a\u202eb', 'خطا']) expect(shown(text)).toBeUndefined()
  })

  it('never repeats a PIN column', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9 A-Za-z+/=-]{8,60}$/), (text) => {
        expect(JSON.stringify(pinRefusal(text, 'PIN: 15 digits expected'))).not.toContain(text)
      }),
    )
  })
})

describe('dates', () => {
  it('agree with the calendar', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date(946_684_800_000),
          max: new Date(4_102_444_799_999),
          noInvalidDate: true,
        }),
        (date) => {
          const text = date.toISOString().slice(0, 10)
          const day = readDate('expiry', text)
          expect(day).toBe(Number(text.replaceAll('-', '')))
          expect(dateText(Number(day))).toBe(text)
        },
      ),
    )
  })

  it('outside the calendar or the century are none', () => {
    const wrong = [20270229, 20280230, 20280431, 20281301, 20280001, 20280100, 19991231, 21000101]
    for (const day of [...wrong, Number.NaN, 20280101.5, -20280101])
      expect(isRealDay(day)).toBe(false)
    expect(isRealDay(20280229)).toBe(true)
  })
})

describe('columns and keys', () => {
  it('lose spaces and one pair of quotes', () => {
    expect(columnsOf(' a ,"b", " c " ,"",d"', ',')).toEqual(['a', 'b', 'c', '', 'd"'])
    expect(trimSpaces('\t x y \t')).toBe('x y')
    expect(trimSpaces('\u00a0x')).toBe('\u00a0x')
  })

  it('of a header compare without letter case and spacing', () => {
    expect(keyOf(' Start _ Sequence ')).toBe(keyOf('START sequence'))
  })

  it('of digits take ASCII digits only, as many as asked for', () => {
    expect(isDigits('0123', 4, 4)).toBe(true)
    for (const text of ['', '012', '01234', '012x', '٠١٢٣', '-123', '1.23']) {
      expect(isDigits(text, 4, 4)).toBe(false)
    }
  })
})
