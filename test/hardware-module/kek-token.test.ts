// The key-encryption key in a token: numbered, never readable, and named by what it wrapped.

import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { KekToken } from '../../hardware-module/kek-token.ts'
import { NumberedKeys, SECRET_KEY } from '../../hardware-module/numbered-keys.ts'
import { closeTokens, newToken, SOFTHSM } from './soft-token.ts'

afterAll(closeTokens)

describe.skipIf(SOFTHSM === undefined)('the key-encryption key in a token', async () => {
  if (SOFTHSM === undefined) return
  const token = await newToken()
  const keks = new KekToken(token, 'evs-kek')
  const clear = randomBytes(32)

  it('is not there until it is made, and is one more each time', () => {
    expect(keks.newest()).toBeUndefined()
    expect(keks.make().number).toBe(1)
    expect(keks.make().number).toBe(2)
    expect(keks.newest()?.number).toBe(2)
    const third = keks.make()
    keks.discard(third)
    expect(keks.newest()?.number).toBe(2)
    expect(keks.byNumber(3)).toBeUndefined()
    expect(new KekToken(token, 'other').newest()).toBeUndefined()
  })

  it('has more than nine numbers, and the newest is the highest', () => {
    const many = new KekToken(token, 'many')
    for (let number = 1; number <= 11; number++) expect(many.make().number).toBe(number)
    expect(many.newest()?.number).toBe(11)
  })

  it('wraps for one place, and what it wrapped names it', () => {
    const [first, second] = [keks.byNumber(1), keks.byNumber(2)]
    const wrapped = first?.wrap(clear, 'key|1|card') ?? Buffer.alloc(0)
    expect(wrapped.readUInt32BE()).toBe(1)
    expect(wrapped.includes(clear)).toBe(false)
    // Whichever of them is asked: the number says which is meant.
    for (const kek of [first, second]) {
      expect(kek?.unwrap(wrapped, 'key|1|card')).toEqual(clear)
      expect(kek?.unwrap(wrapped, 'key|2|card')).toBeUndefined()
    }
    const other = Buffer.from(wrapped)
    other.writeUInt32BE(2)
    expect(first?.unwrap(other, 'key|1|card')).toBeUndefined()
    other.writeUInt32BE(9)
    expect(first?.unwrap(other, 'key|1|card')).toBeUndefined()
    for (let at = 4; at < wrapped.length; at += 7) {
      const changed = Buffer.from(wrapped)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(first?.unwrap(changed, 'key|1|card')).toBeUndefined()
    }
    expect(first?.unwrap(Buffer.alloc(9), 'key|1|card')).toBeUndefined()
    expect(token.away).toBeUndefined()
  })

  it('is not one of two that have its name and number', () => {
    const twice = new NumberedKeys(token, 'twice', {})
    for (let made = 0; made < 2; made++) token.run(() => twice.make(1))
    const keys = new NumberedKeys(token, 'twice', {})
    expect(() => token.run(() => keys.byNumber(1))).toThrow('the token has 2 keys twice 1')
  })

  it('cannot be read, wrapped by another key, or used for anything else', () => {
    token.run(() => {
      const kek = new NumberedKeys(token, 'evs-kek', {}).byNumber(1)
      const wraps = { CKA_KEY_TYPE: 'CKK_AES', CKA_WRAP: true, CKA_VALUE: randomBytes(32) }
      const wrapping = token.create({ ...SECRET_KEY, ...wraps })
      if (kek === undefined) throw new Error('it is there')
      expect(token.attribute(kek, 'CKA_SENSITIVE')).toEqual(Buffer.of(1))
      expect(token.attribute(kek, 'CKA_EXTRACTABLE')).toEqual(Buffer.of(0))
      expect(() => token.wrap(wrapping, kek)).toThrow('CKR_KEY_UNEXTRACTABLE')
      expect(() => token.sign('CKM_AES_CMAC', kek, Buffer.alloc(16), 16)).toThrow(
        'CKR_KEY_FUNCTION_NOT_PERMITTED',
      )
    })
  })
})
