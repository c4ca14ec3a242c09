// The 0200 field by field, against the golden message.

import { describe, expect, it } from 'vitest'
import { purchaseFields } from '../../card-gateway/purchase.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode } from '../../protocol/message/encode.ts'
import type { Fields } from '../../protocol/message/field-list.ts'
import { ChipData, PinBlock } from '../../protocol/values/card.ts'
import type { Stan } from '../../protocol/values/identifiers.ts'
import { Pan } from '../../protocol/values/pan.ts'
import type { Debit } from '../../switch/core/card-host.ts'
import { golden, OTHER_CARD } from '../card-host/host-client.ts'
import { debitOf, sure } from './rig.ts'

function fieldsOf(debit: Debit): Fields {
  const { numbers, values } = purchaseFields(debit, '58100')
  return Object.fromEntries(numbers.map((de, n) => [de, values[n] ?? '']))
}

describe('a purchase', () => {
  it('has the golden bytes', () => {
    const body = encode(DIALECTS.iso87ascii, '0200', purchaseFields(debitOf(), '58100'))
    const expected = golden('purchase, no keys').subarray(4)
    expect(body.toString('latin1')).toBe(expected.toString('latin1'))
  })

  it('takes DE 2 from track 2 when the terminal sent that', () => {
    const debit = debitOf({ card: { pan: sure(Pan.parse(OTHER_CARD)) } })
    expect(fieldsOf(debit)[2]).toBe('6037990000000014')
  })

  it('of a keyed card has DE 2 and 14 and no track 2', () => {
    const fields = fieldsOf(debitOf({ card: { track2: undefined, expiry: '2912' } }))
    expect([fields[2], fields[14], fields[35]]).toEqual(['6037990000000014', '2912', undefined])
  })

  // Half past three in Tehran begins a day in UTC: DE 7 and 13 may have different dates.
  it('has the day and time of the terminal, and DE 7 of its own', () => {
    const trace = { link: 'bank', stan: '004201' as Stan, transmission: '1121213001' }
    const fields = fieldsOf(debitOf({ trace }))
    expect([fields[7], fields[12], fields[13]]).toEqual(['1121213001', '091430', '1122'])
  })

  it('is in rials where the terminal names no currency', () => {
    const debit = debitOf()
    const { request } = debit
    const entry = { ...request.entry, currency: undefined }
    expect(fieldsOf({ ...debit, request: { ...request, entry } })[49]).toBe('364')
  })

  it('passes chip data on, and no PIN block to a link without keys', () => {
    const card = { chip: new ChipData('9F2608AABB'), pinBlock: new PinBlock('0123456789ABCDEF') }
    const fields = fieldsOf(debitOf({ card }))
    expect([fields[55], fields[52], fields[61]]).toEqual(['9F2608AABB', undefined, undefined])
  })
})
