// Check values as other devices print them.

import { describe, expect, it } from 'vitest'
import { checkValueOf } from '../../../protocol/security/check-value.ts'
import { fromHex } from './test-module.ts'

describe('a check value', () => {
  // Keys of the examples of TR-31:2018, A.7.2.2 and A.7.4, and of a Thales payShield 10k, with the
  // check values that openemv/tr31 lists for them.
  it.each([
    ['tdes', '3F419E1CB7079442AA37474C2EFBF8B8', '57C409'],
    ['tdes', '5DB50B454F8389ADCE573BE50861F2BF', '5C9405'],
    ['aes', '3F419E1CB7079442AA37474C2EFBF8B8', '08793E'],
  ] as const)('of the %s key %s is %s', (scheme, key, value) => {
    expect(checkValueOf(scheme, fromHex(key))).toBe(value)
  })
})
