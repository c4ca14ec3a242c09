// What is kept of keys in use: made once for a key, for no more keys than allowed.

import { expect, it } from 'vitest'
import { MadeOfKeys } from '../../../protocol/security/made-of-keys.ts'
import type { Key } from '../../../protocol/security/security-module.ts'

it('is made once for a key while that is among the newest', () => {
  const made: string[] = []
  const kept = new MadeOfKeys(2, (scheme, bytes) => {
    made.push(`${scheme} ${bytes.length}`)
    return made.length
  })
  const keys: Key[] = Array.from({ length: 3 }, () => ({ use: 'pin', scheme: 'aes' }))
  const of = (n: number) => kept.of(keys[n] as Key, Buffer.alloc(16))
  expect([of(0), of(1), of(0), of(1)]).toEqual([1, 2, 1, 2])
  expect([of(2), of(1), of(0)]).toEqual([3, 2, 4])
  expect(made).toEqual(['aes 16', 'aes 16', 'aes 16', 'aes 16'])
})
