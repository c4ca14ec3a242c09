// The only way a message becomes text hides what is secret.

import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { decode } from '../../../protocol/message/decode.ts'
import { describe as describeMessage, describeText } from '../../../protocol/message/describe.ts'
import { DIALECTS } from '../../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../../protocol/message/encode.ts'
import { FIELDS_1987 } from '../../../protocol/message/fields-1987.ts'

const dialect = DIALECTS.iso87binary

const SECRETS: Fields = {
  2: '6037990000000014',
  34: '603799000000001499',
  35: '6037990000000014=29121010000000000000',
  36: '016037990000000014=1',
  45: 'B6037990000000014^NAME^2912',
  52: '8C4421B42970E0AF',
  55: '9F2608A1B2C3D4E5',
  61: '6BB6073C685D4D6E8232A4BB4CA09A7E',
  62: '010716SN900017100000000000000',
  64: '2C5ACA54E6573CF7',
  102: '0101234567890',
  120: '6037990000000014',
  128: '1C5ACA54E6573CF7',
}

describe('a described message', () => {
  it('names every field, and shows the public ones', () => {
    const shown = describeMessage(
      message({ 3: '150000', 41: '10000001', 48: '091905 01' }),
      dialect,
    )
    expect(shown).toEqual({
      mti: '0210',
      fields: [
        { de: 3, name: 'Processing code', value: '150000' },
        { de: 41, name: 'Card acceptor terminal identification (TID)', value: '10000001' },
        { de: 48, name: 'Additional data, private', value: '091905 01' },
      ],
    })
  })

  it('shows BIN and last 4 of the card number', () => {
    const { fields } = describeMessage(message({ 2: '6037990000000014' }), dialect)
    expect(fields[0]?.value).toBe('603799******0014')
  })

  it('holds no secret, whole or in part, however it becomes text', () => {
    const decoded = message(SECRETS)
    const texts = [
      describeText(decoded, dialect),
      JSON.stringify(describeMessage(decoded, dialect)),
      JSON.stringify(decoded),
      inspect(decoded, { depth: 9, showHidden: true }),
      String(decoded),
    ]
    for (const text of texts) {
      for (const value of Object.values(SECRETS)) {
        for (let at = 0; at + 9 <= value.length; at++) {
          expect(text).not.toContain(value.slice(at, at + 9))
        }
      }
    }
  })

  it('says of a rejection what was read, which field is wrong, and why', () => {
    const wire = encode(dialect, '0200', { 2: '6037990000000014', 3: '150000', 4: '1' })
    const rejection = decode(dialect, wire.subarray(0, wire.length - 1))
    expect(describeText(rejection, dialect)).toBe(
      [
        'MTI 0200',
        '  2 Primary account number (PAN): 603799******0014',
        '  3 Processing code: 150000',
        'rejected, DE 4: under-run: 6 bytes needed, 5 left',
      ].join('\n'),
    )
    expect(describeMessage(decode(dialect, Buffer.alloc(1)), dialect)).toEqual({
      mti: null,
      fields: [],
      error: 'MTI: under-run: 2 bytes needed, 1 left',
    })
  })

  it('keeps receipt lines on one line', () => {
    const lines = describeText(message({ 63: 'NAone\nNAtwo\n\nNAthree' }), dialect)
    expect(lines).toContain('NAone\\nNAtwo\\n\\nNAthree')
  })
})

describe('the field table', () => {
  it('shows nothing of a field whose content nobody has defined', () => {
    for (const spec of FIELDS_1987) {
      if (spec?.name.startsWith('Reserved')) expect(spec.secrecy).toBe('secret')
    }
  })
})

function message(fields: Fields) {
  return decode(dialect, encode(dialect, '0210', fields))
}
