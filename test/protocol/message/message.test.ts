// A decoded message: its fields in whatever order they are asked for, and while others are alive.

import { expect, it } from 'vitest'
import { decode } from '../../../protocol/message/decode.ts'
import { DIALECTS, type Dialect, withHexBinary } from '../../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../../protocol/message/encode.ts'

const ALL: Dialect[] = Object.values(DIALECTS).flatMap((each) => [each, withHexBinary(each)])

/** Neighbours, variable lengths, and the edges of every sixteen and half. */
const FULL: Fields = {
  ...{ 2: '6037990000000014', 3: '150000', 15: '1126', 16: '1127', 17: '1128', 22: '021' },
  ...{ 32: '58100', 33: '581', 35: '6037990000000014=2912', 37: '633000000042', 38: 'A1B2C3' },
  ...{ 44: '', 47: 'forty-seven', 48: '093205 01', 49: '364', 63: 'شارژ', 66: '1' },
  ...{
    70: '301',
    80: '0000000001',
    81: '0000000002',
    96: '0011223344556677',
    97: 'C0000000000000500',
  },
  ...{ 112: 'x', 113: '', 127: 'last', 128: '8899AABBCCDDEEFF' },
}

function read(dialect: Dialect, fields: Fields) {
  const message = decode(dialect, encode(dialect, '0200', fields))
  if (message.kind === 'rejected') throw new Error(`${message.field}: ${message.reason}`)
  return message
}

it.each(ALL)('in $name, binary $binary: gives its fields in any order', (dialect) => {
  const message = read(dialect, FULL)
  const numbers = Object.keys(FULL).map(Number)
  expect(message.numbers()).toEqual(numbers)
  for (const de of [...numbers].reverse()) expect(message.get(de)).toBe(FULL[de])
  for (const de of numbers) expect(message.get(de)).toBe(FULL[de])
})

it.each(ALL)('in $name, binary $binary: does not disturb another one', (dialect) => {
  const [first, second] = [read(dialect, FULL), read(dialect, { 11: '000001', 48: 'other' })]
  expect([second.get(48), first.get(48), second.get(11)]).toEqual(['other', FULL[48], '000001'])
  expect([first.has(11), second.has(3), second.get(3)]).toEqual([false, false, undefined])
})

it('has nothing at a number that no bitmap has', () => {
  const message = read(DIALECTS.iso87binary, FULL)
  for (const de of [-1, 0, 1, 65, 129, 130, 160, 2.5, Number.NaN]) {
    expect([de, message.has(de), message.get(de)]).toEqual([de, false, undefined])
  }
})

it('says where its MAC begins, and of a message without one nothing', () => {
  const { macOffset, bytes } = read(DIALECTS.iso87binary, FULL)
  expect(Buffer.from(bytes).toString('hex', macOffset)).toBe('8899aabbccddeeff')
  expect(read(DIALECTS.iso87binary, { 3: '150000' }).macOffset).toBe(-1)
})

it('of a message that is wrong from some field on, only those before it can be read', () => {
  const wire = encode(DIALECTS.iso87ascii, '0200', FULL)
  wire.write('x', wire.indexOf('1128'), 'latin1')
  const rejection = decode(DIALECTS.iso87ascii, wire)
  if (rejection.kind === 'message') throw new Error('it is wrong at DE 17')
  expect(rejection.field).toBe(17)
  expect([2, 3, 15, 16].map((de) => rejection.read.get(de))).toEqual(
    [2, 3, 15, 16].map((de) => FULL[de]),
  )
  expect([17, 22, 33, 128].some((de) => rejection.read.has(de))).toBe(false)
})
