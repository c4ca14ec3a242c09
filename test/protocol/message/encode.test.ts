// Encoding: padding, bitmaps, and that decoding gives back what was encoded.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode } from '../../../protocol/message/decode.ts'
import { DIALECTS, type Dialect, withHexBinary } from '../../../protocol/message/dialect.ts'
import { EncodeError, encode, type Fields } from '../../../protocol/message/encode.ts'
import type { FieldSpec } from '../../../protocol/message/field-spec.ts'
import { FIELDS_1987 } from '../../../protocol/message/fields-1987.ts'

const BINARY = DIALECTS.iso87binary
const ALL: Dialect[] = Object.values(DIALECTS).flatMap((each) => [each, withHexBinary(each)])

describe('encoding', () => {
  it.each(ALL)('in $name, binary $binary: is undone by decoding', (dialect) => {
    fc.assert(
      fc.property(fc.constantFrom('0200', '0210', '0421', '0800'), anyFields(), (mti, fields) => {
        const message = decode(dialect, encode(dialect, mti, fields))
        if (message.kind !== 'message') throw new Error(`${message.field}: ${message.reason}`)
        const numbers = message.numbers()
        expect(message.mti).toBe(mti)
        expect(Object.fromEntries(numbers.map((de) => [de, message.get(de)]))).toEqual(fields)
      }),
      { numRuns: 150 },
    )
  })

  it('pads a short n with zeros in front and a short an or ans with spaces behind', () => {
    const message = decode(BINARY, encode(BINARY, '0200', { 4: '5', 22: '1', 38: 'A1', 41: 'T' }))
    if (message.kind !== 'message') throw new Error(message.reason)
    expect([4, 22, 38, 41].map((de) => message.get(de))).toEqual([
      '000000000005',
      '001',
      'A1    ',
      'T       ',
    ])
  })

  it('pads an odd LL number with F and an odd fixed number with 0', () => {
    const wire = encode(BINARY, '0200', { 22: '021', 32: '12345' })
    expect(wire.toString('hex')).toBe('0200000004010000000000210512345f')
  })

  it('writes a second half of the bitmap only when a field needs it', () => {
    expect(encode(BINARY, '0800', { 64: '0011223344556677' }).length).toBe(2 + 8 + 8)
    expect(encode(BINARY, '0800', { 70: '301' }).length).toBe(2 + 16 + 2)
  })

  it.each<[string, string, Fields]>([
    ['another version', '1200', {}],
    ['an MTI of three digits', '020', {}],
    ['DE 1', '0200', { 1: '0000000000000000' }],
    ['DE 65', '0200', { 65: '1' }],
    ['DE 129', '0200', { 129: '1' }],
    ['DE 0', '0200', { 0: '1' }],
    ['a letter in a number', '0200', { 3: '15000A' }],
    ['a character whose low byte is a digit', '0200', { 3: '15000İ' }],
    ['a number that is too long', '0200', { 3: '1500000' }],
    ['text that is too long', '0200', { 44: 'x'.repeat(26) }],
    ['UTF-8 that is too long in bytes', '0210', { 63: 'ش'.repeat(500) }],
    ['UTF-8 in an ASCII field', '0210', { 62: 'ش' }],
    ['a line feed in an ASCII field', '0200', { 48: 'A\nB' }],
    ['a lone surrogate', '0210', { 63: 'A\ud800' }],
    ['a short binary field', '0200', { 52: '00112233445566' }],
    ['half a byte', '0200', { 55: 'ABC' }],
    ['a letter that is not hex', '0200', { 52: '001122334455667X' }],
    ['an amount without a sign', '0200', { 28: '500' }],
    ['an amount with a wrong sign', '0200', { 28: 'X00000500' }],
    ['a separator in a card number', '0200', { 2: '6037=1' }],
  ])('throws on %s, in every dialect, without repeating the value', (_what, mti, fields) => {
    for (const dialect of ALL) {
      const error = thrown(() => encode(dialect, mti, fields))
      expect(error).toBeInstanceOf(EncodeError)
      for (const value of Object.values(fields)) {
        if (value.length > 4) expect(String(error)).not.toContain(value)
      }
    }
  })

  it.each<[Fields, string]>([
    [{ 65: '1' }, 'DE 65: not defined'],
    [{ 129: '1' }, 'DE 129: not defined'],
    [{ 3.5: '1' }, 'DE 3.5: not defined'],
    [{ 4: '1', 41: '123456789', 200: '1' }, 'DE 41: longer than 8'],
    [{ 52: '00' }, 'DE 52: shorter than'],
    [{ 4: '00000000000/' }, 'DE 4: a character that its format does not have'],
    [{ 3: '15000:' }, 'DE 3: a character that its format does not have'],
    [{ 22: '1/' }, 'DE 22: a character that its format does not have'],
    [{ 35: '6037=1;' }, 'DE 35: a character that its format does not have'],
    [{ 44: 'A\x7f' }, 'DE 44: a character that its format does not have'],
    [{ 41: '1234567\x1f' }, 'DE 41: a character that its format does not have'],
  ])('says of %o: %s', (fields, text) => {
    for (const dialect of ALL) {
      expect(String(thrown(() => encode(dialect, '0200', fields)))).toContain(text)
    }
  })

  it('takes an empty value of a field with a length', () => {
    expect(encode(BINARY, '0200', { 44: '' }).toString('hex')).toBe('0200000000000010000000')
  })
})

function thrown(run: () => unknown): unknown {
  try {
    run()
    return undefined
  } catch (error) {
    return error
  }
}

/** Any set of fields, each with any value that its row allows, padded as on the wire. */
function anyFields(): fc.Arbitrary<Fields> {
  const known = FIELDS_1987.flatMap((spec, de) => (spec === undefined ? [] : [{ de, spec }]))
  return fc
    .uniqueArray(fc.constantFrom(...known), { maxLength: 20, selector: (each) => each.de })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map(({ de, spec }) => [String(de), anyValue(spec)]))),
    )
}

function anyValue(spec: FieldSpec): fc.Arbitrary<string> {
  const digit = fc.constantFrom(...'0123456789')
  const fixed = spec.lengthDigits === 0
  // Up to 120 characters keep the runs short; a hex link has room for 499 bytes.
  const most = Math.min(spec.length, 120)
  const text = (unit: fc.Arbitrary<string>, length = most) =>
    fc.string({ unit, minLength: fixed ? length : 0, maxLength: length })
  switch (spec.format) {
    case 'n':
      return text(digit)
    case 'z':
      return text(fc.constantFrom(...'0123456789='))
    case 'xn':
      return fc
        .tuple(fc.constantFrom('C', 'D', '0'), text(digit, most - 1))
        .map(([sign, digits]) => sign + digits)
    case 'b':
      return fc
        .uint8Array({ minLength: fixed ? most : 0, maxLength: most })
        .map((bytes) => Buffer.from(bytes).toString('hex').toUpperCase())
    default:
      if (spec.charset === 'utf8') return text(fc.constantFrom('ش', '۵', 'a', '\n', '😀', '~', ' '))
      return text(fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)))
  }
}
