// The port's own values: parts of keys as people type them.

import { describe, expect, it } from 'vitest'
import { KeyPart, KeyUseError } from '../../../protocol/security/security-module.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import { good } from './test-module.ts'

describe('a part of a key', () => {
  it('is read in groups and small letters, and prints masked', () => {
    const part = good(KeyPart.parse('0123 4567-89ab cdef FEDC BA98 7654 3210'))
    expect(part.reveal()).toBe('0123456789ABCDEFFEDCBA9876543210')
    expect(`${part}${JSON.stringify({ part })}`).toBe('***{"part":"***"}')
  })

  it.each(['', '0123', '0'.repeat(31), '0'.repeat(33), 'G'.repeat(32)])('is not %j', (text) => {
    expect(isReason(KeyPart.parse(text))).toBe(true)
  })
})

it('a wrong use is an error with a code', () => {
  expect(new KeyUseError('a mac key asked to be a pin key').code).toBe('KEY_USE')
})
