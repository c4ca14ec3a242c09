// Message types: what is a request, a repeat, and the reply of each.

import { describe, expect, it } from 'vitest'
import { isRepeat, isRequest, repeatMti, replyMti } from '../../../protocol/message/mti.ts'

describe('an MTI', () => {
  it.each([
    ['0200', '0210'],
    ['0201', '0210'],
    ['0100', '0110'],
    ['0220', '0230'],
    ['0221', '0230'],
    ['0400', '0410'],
    ['0401', '0410'],
    ['0420', '0430'],
    ['0421', '0430'],
    ['0500', '0510'],
    ['0501', '0510'],
    ['0800', '0810'],
    ['0202', '0212'],
    ['0203', '0212'],
  ])('%s is answered by %s', (mti, reply) => {
    expect(isRequest(mti)).toBe(true)
    expect(replyMti(mti)).toBe(reply)
  })

  it.each(['0210', '0230', '0810', '1200', '0000', '0240', '0209', '020', 'x200'])(
    '%s is not a request of this version',
    (mti) => {
      expect(isRequest(mti)).toBe(false)
      expect(isRepeat(mti)).toBe(false)
      expect(() => replyMti(mti)).toThrow(RangeError)
      expect(() => repeatMti(mti)).toThrow(RangeError)
    },
  )

  it('of a repeat ends in an odd digit', () => {
    expect(['0201', '0221', '0401', '0421', '0501'].every(isRepeat)).toBe(true)
    expect(['0200', '0220', '0400', '0420', '0500'].some(isRepeat)).toBe(false)
    expect(repeatMti('0420')).toBe('0421')
    expect(repeatMti('0421')).toBe('0421')
    expect(['0202', '0203'].map(repeatMti)).toEqual(['0203', '0203'])
  })
})
