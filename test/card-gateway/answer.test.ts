// What the answers of the card host mean: a table of codes and amounts, and golden 0210s.

import { describe, expect, it } from 'vitest'
import { approvalIn, judgePurchase, judgeReversal } from '../../card-gateway/answer.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { toRial } from '../../protocol/values/rial.ts'
import { golden } from '../card-host/host-client.ts'
import { PROFILE } from './rig.ts'

const ASKED = toRial(50_000)
const SEEN = { authCode: '004711', hostDate: '1122' }

function answered(fields: Fields, mti = '0210') {
  return decode(DIALECTS.iso87ascii, encode(DIALECTS.iso87ascii, mti, fields))
}

describe('the answer to a purchase', () => {
  const same = { 4: '50000', 15: '1122', 38: '004711' }
  it.each([
    ['00 for what was asked', { ...same, 39: '00' }, 'approved', SEEN],
    ['00 for another amount', { ...same, 4: '60000', 39: '00' }, 'unknown', SEEN],
    ['00 without an amount', { 38: '004711', 15: '1122', 39: '00' }, 'unknown', SEEN],
    ['10, a partial amount', { ...same, 4: '20000', 39: '10' }, 'unknown', SEEN],
    ['10 with the same amount', { ...same, 39: '10' }, 'unknown', SEEN],
    ['a listed decline', { 4: '50000', 39: '51' }, 'declined', undefined],
    ['06', { ...same, 39: '06' }, 'unknown', undefined],
    ['09', { ...same, 39: '09' }, 'unknown', undefined],
    ['22', { ...same, 39: '22' }, 'unknown', undefined],
    ['68', { ...same, 39: '68' }, 'unknown', undefined],
    ['91', { ...same, 39: '91' }, 'unknown', undefined],
    ['96', { ...same, 39: '96' }, 'unknown', undefined],
    ['an unlisted code', { ...same, 39: 'Z9' }, 'unknown', undefined],
    ['no code', same, 'unknown', undefined],
  ] as const)('%s', (_name, fields, kind, approval) => {
    const result = judgePurchase(PROFILE, ASKED, answered(fields))
    expect(result.kind).toBe(kind)
    if (result.kind === 'declined') expect(result.responseCode).toBe('51')
    else if (result.kind !== 'not-sent') expect(result.approval).toEqual(approval)
  })

  it('is an approval by the codes of the profile', () => {
    const profile = { ...PROFILE, approvedCodes: ['00', '08'] }
    expect(judgePurchase(profile, ASKED, answered({ ...same, 39: '08' })).kind).toBe('approved')
  })

  it('for a partial amount is no approval, though a profile lists its code as one', () => {
    const profile = { ...PROFILE, approvedCodes: ['00', '10'] }
    const result = judgePurchase(profile, ASKED, answered({ ...same, 39: '10' }))
    const why = 'approved for a partial amount'
    expect(result).toEqual({ kind: 'unknown', why, approval: SEEN })
  })

  it('without DE 38 approves with an empty authorisation code', () => {
    const result = judgePurchase(PROFILE, ASKED, answered({ 4: '50000', 39: '00' }))
    const approval = { authCode: '', hostDate: undefined }
    expect(result).toEqual({ kind: 'approved', approval })
  })

  it('has the authorisation code without the padding of DE 38', () => {
    const codes = ['4711', ''].map((code) => {
      const result = judgePurchase(PROFILE, ASKED, answered({ 4: '50000', 38: code, 39: '00' }))
      return result.kind === 'approved' ? result.approval.authCode : result.kind
    })
    expect(codes).toEqual(['4711', ''])
  })

  it.each([
    ['purchase approved', 'approved'],
    ['purchase approved for another amount', 'unknown'],
    ['purchase approved, one byte too many', 'unknown'],
  ])('golden: %s is %s', (name, kind) => {
    const reply = decode(DIALECTS.iso87ascii, golden(name).subarray(4))
    expect(judgePurchase(PROFILE, ASKED, reply).kind).toBe(kind)
  })

  it('that is a decline tells of no approval', () => {
    const reply = answered({ 39: '51', 38: '004711' })
    expect(reply.kind === 'message' && approvalIn(PROFILE, reply)).toBeUndefined()
  })
})

describe('the answer to a reversal', () => {
  it('is its code', () => {
    const expected = { kind: 'answered', responseCode: '25' }
    expect(judgeReversal(answered({ 39: '25' }, '0430'))).toEqual(expected)
  })

  it('is silence without a code, or when it cannot be read', () => {
    expect(judgeReversal(answered({ 4: '1' }, '0430'))).toEqual({ kind: 'silent' })
    const spoiled = Buffer.concat([
      encode(DIALECTS.iso87ascii, '0430', { 39: '00' }),
      Buffer.from('0'),
    ])
    expect(judgeReversal(decode(DIALECTS.iso87ascii, spoiled))).toEqual({ kind: 'silent' })
  })
})
