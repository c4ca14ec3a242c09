// The key-encryption key while a store moves from one to another: both open, the new one wraps.

import { expect, it } from 'vitest'
import { bytesKek, eitherKek } from '../../../voucher-store/vault/kek.ts'

it('of two keys both open what they wrapped, and what is new is wrapped under the first', () => {
  const [first, second] = [bytesKek(Buffer.alloc(32, 1)), bytesKek(Buffer.alloc(32, 2))]
  const either = eitherKek(first, second)
  const clear = Buffer.alloc(32, 9)
  for (const one of [first, second]) {
    expect(either.unwrap(one.wrap(clear, 'here'), 'here')).toEqual(clear)
    expect(either.unwrap(one.wrap(clear, 'here'), 'there')).toBeUndefined()
  }
  const wrapped = either.wrap(clear, 'here')
  expect(first.unwrap(wrapped, 'here')).toEqual(clear)
  expect(second.unwrap(wrapped, 'here')).toBeUndefined()
})
