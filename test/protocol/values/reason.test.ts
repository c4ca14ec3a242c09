// Why a text is not a value, told apart from every value.

import { describe, expect, it } from 'vitest'
import { isReason, reason } from '../../../protocol/values/reason.ts'

describe('a reason', () => {
  it('keeps its text', () => {
    expect(reason('amount: not numeric').reason).toBe('amount: not numeric')
    expect(isReason(reason('x'))).toBe(true)
  })

  it.each([['000001'], [50_000], [undefined], [null], [true], [{}], [['reason']]])(
    'is never taken for the value %s',
    (value) => {
      expect(isReason(value)).toBe(false)
    },
  )
})
