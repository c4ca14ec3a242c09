// What a reply repeats of its request, what a handler puts in place of it, and the code map.

import { describe, expect, it } from 'vitest'
import type { Fields } from '../../protocol/message/field-list.ts'
import type { FieldReader } from '../../protocol/message/message.ts'
import { plain, replyFields } from '../../terminal-gateway/reply.ts'

/** As an object, to be compared. */
function replied(...given: Parameters<typeof replyFields>): Fields {
  const { numbers, values } = replyFields(...given)
  return Object.fromEntries(numbers.map((de, n) => [de, values[n] ?? '']))
}

const everything: FieldReader = { has: () => true, get: (de) => `v${de}` }

describe('the fields of a reply', () => {
  it('are those of the request that every reply repeats, and DE 39', () => {
    const fields = replied(everything, plain('00'), {})
    const repeated = [3, 4, 7, 11, 12, 13, 24, 25, 41, 42, 48, 49]
    expect(Object.keys(fields).map(Number)).toEqual([...repeated, 39].sort((a, b) => a - b))
    expect(fields[39]).toBe('00')
    expect(repeated.every((de) => fields[de] === `v${de}`)).toBe(true)
  })

  it('are only those that the request has', () => {
    const reader: FieldReader = {
      has: (de) => de === 11,
      get: (de) => (de === 11 ? '1' : undefined),
    }
    expect(replied(reader, plain('30'), {})).toEqual({ 11: '1', 39: '30' })
  })

  it('are replaced by those of the handler', () => {
    const reply = { responseCode: '95', fields: { 48: 'ours', 37: 'rrn' } }
    expect(replied(everything, reply, {})).toMatchObject({ 48: 'ours', 37: 'rrn', 39: '95' })
  })

  it.each(['00', '51', '21', '94'])('carry the handler’s beside %s', (responseCode) => {
    const reply = { responseCode, fields: { 37: 'rrn' } }
    expect(replied(everything, reply, {})).toMatchObject({ 37: 'rrn', 39: responseCode })
  })

  it('carry the listener’s code where it has one', () => {
    expect(replied(everything, plain('44'), { '44': '98' })[39]).toBe('98')
    expect(replied(everything, plain('45'), { '44': '98' })[39]).toBe('45')
  })
})
