// The golden messages: computed from the wire protocol by an independent implementation.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decode } from '../../../protocol/message/decode.ts'
import { DIALECTS, type DialectName, withHexBinary } from '../../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../../protocol/message/encode.ts'
import { encodeWithMac, macInput } from '../../../protocol/message/mac-input.ts'
import type { FieldReader } from '../../../protocol/message/message.ts'

interface Golden {
  name: string
  link: 'terminal' | 'institution' | 'cardhost'
  dialect: DialectName
  hexBinary?: boolean
  hex: string
  mti: string | null
  fields: Fields
  canonical?: boolean
  error?: { field: number | string; reason: string }
  expect?: { action: string }
}

const path = new URL('../../golden/messages.json', import.meta.url)
const messages: Golden[] = JSON.parse(readFileSync(path, 'utf8'))
const readable = messages.filter((golden) => golden.error === undefined && golden.mti !== null)
const damaged = messages.filter((golden) => golden.error !== undefined)

describe('a golden message', () => {
  it.each(readable)('$name: every field reads as the list says', (golden) => {
    const message = decode(dialectOf(golden), bodyOf(golden))
    expect(message.kind).toBe('message')
    if (message.kind !== 'message') return
    expect(message.mti).toBe(golden.mti)
    expect(message.numbers()).toEqual(Object.keys(golden.fields).map(Number))
    expect(fieldsRead(message)).toEqual(golden.fields)
  })

  it.each(readable.filter((golden) => golden.canonical !== false))(
    '$name: its fields encode to the same bytes',
    (golden) => {
      const wire = encode(dialectOf(golden), golden.mti ?? '', golden.fields)
      expect(wire.toString('hex')).toBe(bodyOf(golden).toString('hex'))
    },
  )

  it.each(readable.filter((golden) => golden.canonical === false))(
    '$name: its fields encode to another form that reads the same',
    (golden) => {
      const wire = encode(dialectOf(golden), golden.mti ?? '', golden.fields)
      expect(wire.toString('hex')).not.toBe(bodyOf(golden).toString('hex'))
      expect(fieldsRead(decode(dialectOf(golden), wire))).toEqual(golden.fields)
    },
  )

  it.each(readable.filter((golden) => golden.fields[64] || golden.fields[128]))(
    '$name: the MAC covers everything before it, and goes where it stood',
    (golden) => {
      const message = decode(dialectOf(golden), bodyOf(golden))
      if (message.kind !== 'message') throw new Error('readable')
      const { 64: short, 128: long, ...fields } = golden.fields
      const wire = encodeWithMac(dialectOf(golden), message.mti, fields, (input) => {
        expect(input.equals(macInput(message) ?? Buffer.alloc(0))).toBe(true)
        return Buffer.from(long ?? short ?? '', 'hex')
      })
      expect(wire.toString('hex')).toBe(bodyOf(golden).toString('hex'))
    },
  )
})

describe('a damaged golden message', () => {
  it.each(damaged)('$name: is rejected at the field and for the reason of the list', (golden) => {
    const rejection = decode(dialectOf(golden), bodyOf(golden))
    expect(rejection.kind).toBe('rejected')
    if (rejection.kind !== 'rejected') return
    expect({ field: rejection.field, reason: rejection.reason }).toEqual(golden.error)
    expect(rejection.mti).toBe(golden.mti)
    expect(fieldsRead(rejection)).toEqual(golden.fields)
    if (golden.expect?.action === 'reply') expect(rejection.bitmapRead).toBe(true)
  })
})

function dialectOf(golden: Golden) {
  const dialect = DIALECTS[golden.dialect]
  return golden.hexBinary === true ? withHexBinary(dialect) : dialect
}

/** The frame without its length and TPDU. */
function bodyOf(golden: Golden): Buffer {
  const heads = { terminal: 7, institution: 2, cardhost: 4 }
  return Buffer.from(golden.hex, 'hex').subarray(heads[golden.link])
}

function fieldsRead(result: FieldReader | { kind: 'rejected'; read: FieldReader }): Fields {
  const reader = 'read' in result ? result.read : result
  const fields: Fields = {}
  for (let de = 0; de <= 130; de++) {
    const value = reader.get(de)
    expect(reader.has(de)).toBe(value !== undefined)
    if (value !== undefined) fields[de] = value
  }
  return fields
}
