// The keyed hash is HMAC-SHA-256, whatever is hashed, and whichever way it takes.

import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { keyedHash } from '../../../voucher-store/vault/keyed-hash.ts'

const KEYS = [32, 0, 1, 63, 64, 65, 200].map((length) => Buffer.alloc(length, length))

it.each([
  ['[RFC 4231, case 1]', Buffer.alloc(20, 0x0b), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b'],
  ['[RFC 4231, case 2]', Buffer.from('Jefe'), 'what do ya want for nothing?', '5bdcc146bf60754e6a'],
])('gives what its standard gives %s', (_case, key, text, begins) => {
  expect(keyedHash(key, text)).toMatch(new RegExp(`^${begins}`))
})

it.each([
  ['nothing', ''],
  ['a card number', '6037990000000014'],
  ['as much as has room', 'x'.repeat(64)],
  ['more than has room', 'x'.repeat(65)],
  ['far more', '6037'.repeat(5_000)],
  ['text of two and three bytes a character', '\u06F1\u20ac'.repeat(30)],
  ['as much of it as has room', '\u20ac'.repeat(64)],
])('is the HMAC of %s, under keys in turn', (_what, text) => {
  for (const key of [...KEYS, ...KEYS]) {
    expect(keyedHash(key, text)).toEqual(createHmac('sha256', key).update(text).digest('hex'))
  }
})

it('gives the same again after another text was hashed', () => {
  const [key = Buffer.alloc(0)] = KEYS
  const first = keyedHash(key, 'first')
  keyedHash(key, 'second, and longer')
  expect(keyedHash(key, 'first')).toBe(first)
})
