// Which part of a message is its MAC: the last field, and nothing else that looks like one.

import { expect, it } from 'vitest'
import { decode } from '../../../protocol/message/decode.ts'
import { DIALECTS } from '../../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../../protocol/message/encode.ts'
import { encodeWithMac, hasMac } from '../../../protocol/message/mac-input.ts'

const DIALECT = DIALECTS.iso87binary
const FIELDS: Fields = { 3: '920000', 11: '000001', 41: '10000001' }
const MAC = Buffer.from('0123456789ABCDEF', 'hex')

function read(wire: Buffer) {
  const message = decode(DIALECT, wire)
  if (message.kind === 'rejected') throw new Error('readable')
  return message
}

it('a MAC is given to whoever computes it, with the bytes before it', () => {
  const wire = encodeWithMac(DIALECT, '0800', FIELDS, () => MAC)
  const given: Buffer[] = []
  const fits = hasMac(read(wire), (input, mac) => {
    given.push(Buffer.from(input), Buffer.from(mac))
    return true
  })
  expect(fits).toBe(true)
  expect(given).toEqual([wire.subarray(0, -8), MAC])
  expect(hasMac(read(wire), () => false)).toBe(false)
})

it('a message without a MAC has none that could fit', () => {
  const wire = encodeWithMac(DIALECT, '0800', FIELDS, undefined)
  expect(wire).toEqual(encode(DIALECT, '0800', FIELDS))
  expect(hasMac(read(wire), () => true)).toBe(false)
})
