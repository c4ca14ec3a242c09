// The 0420 and 0421 field by field, against the golden messages.

import { describe, expect, it } from 'vitest'
import { adviceFields } from '../../card-gateway/advice.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode } from '../../protocol/message/encode.ts'
import type { FieldList, Fields } from '../../protocol/message/field-list.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { CARD, golden } from '../card-host/host-client.ts'
import { reversalOf, sure } from './rig.ts'

const card = sure(Pan.parse(CARD))

describe('a reversal', () => {
  it.each(['0420', '0421'])('has the golden bytes as %s', (mti) => {
    const fields = adviceFields(reversalOf(), undefined, card, '58100')
    const body = encode(DIALECTS.iso87ascii, mti, fields)
    const expected = golden(`card host ${mti}, none`).subarray(4)
    expect(body.toString('latin1')).toBe(expected.toString('latin1'))
  })

  it('names in DE 90 the 0200, its STAN and DE 7, the acquirer, and no forwarder', () => {
    const fields = valuesOf(adviceFields(reversalOf(), undefined, card, '58100'))
    expect(fields[90]).toBe(`0200${'004201'}${'1122054431'}${'00000058100'}${'00000000000'}`)
  })

  it('carries DE 38 and 15 of the approval that it undoes', () => {
    const approval = { authCode: '004711', hostDate: '1123' }
    const fields = valuesOf(adviceFields(reversalOf(), approval, card, '58100'))
    expect([fields[38], fields[15]]).toEqual(['004711', '1123'])
  })

  it('leaves out a DE 38 that the host did not give', () => {
    const approval = { authCode: '', hostDate: undefined }
    const fields = valuesOf(adviceFields(reversalOf(), approval, card, '58100'))
    expect([38 in fields, 15 in fields]).toEqual([false, false])
  })

  it('has the date of the original', () => {
    const fields = adviceFields(reversalOf({ day: 20270101 }), undefined, card, '58100')
    expect(valuesOf(fields)[13]).toBe('0101')
  })
})

function valuesOf({ numbers, values }: FieldList): Fields {
  return Object.fromEntries(numbers.map((de, index) => [de, values[index] ?? '']))
}
