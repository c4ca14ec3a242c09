// DE 60: its tags, what is ignored, and what is a format error.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isReason } from '../../protocol/values/reason.ts'
import { parseStatus } from '../../terminal-gateway/terminal-status.ts'

const NOTHING = {
  lastPrintedStan: undefined,
  printer: 'ready',
  saidPrinter: undefined,
  version: undefined,
  serialNumber: undefined,
  language: 'fa',
  wantsReceiptLines: false,
  keySerialNumber: undefined,
}

const OUT = { printer: 'out', saidPrinter: 'out' }

const tag = (name: string, value: string) => name + String(value.length).padStart(2, '0') + value

describe('terminal status', () => {
  it('that is empty is a ready printer, Persian, and no lines wanted', () => {
    expect(parseStatus('')).toEqual(NOTHING)
  })

  it('is read from every tag', () => {
    const field =
      tag('01', '000017') +
      tag('02', '1') +
      tag('03', '1.4.2') +
      tag('04', 'SN-998') +
      tag('05', 'en') +
      tag('06', '1') +
      tag('07', '1') +
      tag('08', 'FFFF9876543210E00001')
    expect(parseStatus(field)).toEqual({
      ...{ lastPrintedStan: '000017', printer: 'low', serialNumber: 'SN-998' },
      ...{ saidPrinter: 'low', version: '1.4.2' },
      ...{ language: 'en', wantsReceiptLines: true, keySerialNumber: 'FFFF9876543210E00001' },
    })
  })

  it.each([
    ['printer ready', '02010', { printer: 'ready', saidPrinter: 'ready' }],
    ['printer low', '02011', { printer: 'low', saidPrinter: 'low' }],
    ['printer out', '02012', { printer: 'out', saidPrinter: 'out' }],
    ['another language', '0502de', { language: 'fa' }],
    ['a language that begins like English', '0505en-IR', { language: 'fa' }],
    ['no lines wanted', '07010', { wantsReceiptLines: false }],
    ['a serial number', '0403PX7', { serialNumber: 'PX7' }],
    ['an empty serial number', '0400', {}],
    [
      'a serial number that could be that of a card',
      '04166037990000000014',
      { serialNumber: '6037990000000014' },
    ],
    ['a version with a card number', '0318v6037990000000014-', { version: 'v603799******0014-' }],
    ['a tag 08 that is no key serial number', '0803abc', { keySerialNumber: 'abc' }],
    ['an empty tag 08', '0800', { keySerialNumber: '' }],
    ['an unknown tag', '9903abc', {}],
    ['an unknown tag without a value', '9900', {}],
  ])('of %s', (_what, field, expected) => {
    expect(parseStatus(field)).toEqual({ ...NOTHING, ...expected })
  })

  it.each([
    ['the same tag twice', '0201002010'],
    ['an unknown tag twice', '9901x9901x'],
    ['a tag longer than the field', '0202'],
    ['a tag that ends inside its value', '01060000'],
    ['a head cut off', '020'],
    ['letters in a head', '0x010'],
    ['a minus sign in a length', '02-1'],
    ['a printer of no known state', '02013'],
    ['a printer without a value', '0200'],
    ['a printer of two digits', '020200'],
    ['a printer named like a method', '0208toString'],
    ['a STAN of five digits', '010500001'],
    ['a STAN with a letter', '010600000x'],
    ['trailing spaces', '02010 '],
  ])('with %s is a format error', (_what, field) => {
    expect(isReason(parseStatus(field))).toBe(true)
  })

  it('takes its tags in any order, and ignores any that it does not know', () => {
    const values = fc.uniqueArray(
      fc.tuple(fc.integer({ min: 9, max: 99 }), fc.string({ maxLength: 20 })),
      { selector: ([name]) => name, maxLength: 5 },
    )
    fc.assert(
      fc.property(values, fc.nat(), (others, place) => {
        const tags = others.map(([name, value]) => tag(String(name).padStart(2, '0'), value))
        tags.splice(place % (tags.length + 1), 0, tag('02', '2'))
        expect(parseStatus(tags.join(''))).toMatchObject({ ...NOTHING, ...OUT })
      }),
    )
  })

  it('of any text is a status or a reason', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (field) => {
        const status = parseStatus(field)
        expect(isReason(status) || 'printer' in status).toBe(true)
      }),
    )
  })
})
