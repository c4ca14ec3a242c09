// Keys inside the token: sensitive, not extractable, few at a time, and good for their use only -
// the token itself refuses the rest.

import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { SessionObjects } from '../../hardware-module/session-objects.ts'
import { StorageKeysInToken } from '../../hardware-module/storage-keys.ts'
import type { Handle, Token } from '../../hardware-module/token.ts'
import { clearOf } from '../../hardware-module/transport.ts'
import type { KeyScheme, KeyUse } from '../../protocol/security/security-module.ts'
import { closeTokens, newToken, SOFTHSM } from './soft-token.ts'

afterAll(closeTokens)

const USES: readonly KeyUse[] = ['master', 'mac', 'pin', 'data', 'dukpt-base']
const BLOCK = Buffer.alloc(16)

describe.skipIf(SOFTHSM === undefined)('a key in the token', async () => {
  if (SOFTHSM === undefined) return
  const token = await newToken()
  const storage = new StorageKeysInToken(token, 'storage')
  token.run(() => storage.make(1))

  const born = (scheme: KeyScheme) => {
    const [bytes, companion] = [randomBytes(16), randomBytes(16)]
    return storage.wrapped(1, { scheme, checkValue: 'ABCDEF', bytes, companion })
  }

  it.each(['tdes', 'aes'] as const)('of the scheme %s does what its use needs', (scheme) => {
    const objects = new SessionObjects(token, 100)
    const may = new Map(
      USES.map((use) => {
        const { key } = objects.loaded(born(scheme), use, scheme, () => storage.wrapping(1))
        return [use, abilities(token, key, scheme)] as const
      }),
    )
    const isTdes = scheme === 'tdes'
    expect(may.get('master')).toEqual(['sign'])
    expect(may.get('mac')).toEqual([isTdes ? 'encrypt' : 'sign'])
    expect(may.get('pin')).toEqual(['encrypt', 'decrypt'])
    expect(may.get('data')).toEqual(['encrypt', 'decrypt'])
    expect(may.get('dukpt-base')).toEqual(['encrypt'])
  })

  it('is loaded once, and destroyed when others need the room', () => {
    const objects = new SessionObjects(token, 3)
    const wrapping = () => storage.wrapping(1)
    const keys = Array.from({ length: 5 }, () => born('aes'))
    const load = (at: number) => {
      const wrapped = keys[at]
      if (wrapped === undefined) throw new Error('there are five')
      return objects.loaded(wrapped, 'mac', 'aes', wrapping)
    }
    const [first, second] = [load(0), load(1)]
    expect(load(0)).toBe(first)
    load(2)
    expect(load(0)).toBe(first)
    load(3)
    expect(objects.size).toBe(3)
    // The second was used longest ago.
    expect(() => token.attribute(second.key, 'CKA_SENSITIVE')).toThrow('CKR_OBJECT_HANDLE_INVALID')
    expect(load(0)).toBe(first)
    expect(load(1)).not.toBe(second)
    expect(objects.size).toBe(3)
  })

  it('leaves nothing behind that could be taken out when it is born, moved or exported', () => {
    token.run(() => storage.make(2))
    const all = () => token.find({ CKA_CLASS: 'CKO_SECRET_KEY', CKA_TOKEN: false }).length
    const before = all()
    const wrapped = born('tdes')
    expect(all()).toBe(before)
    storage.under(2, wrapped, 'tdes')
    expect(all()).toBe(before)
    expect(clearOf(token, storage.wrapping(1), 'tdes', wrapped.key)).toHaveLength(16)
    expect(all()).toBe(before)
  })

  it('is seen by nobody who is not logged in, nor is what it is wrapped with', () => {
    const objects = new SessionObjects(token, 1)
    const wrapping = storage.wrapping(1)
    const { key } = objects.loaded(born('aes'), 'pin', 'aes', () => wrapping)
    for (const one of [key, wrapping]) {
      expect(token.attribute(one, 'CKA_PRIVATE' as never)).toEqual(Buffer.of(1))
    }
  })

  it('takes its companion with it when it is destroyed', () => {
    const objects = new SessionObjects(token, 1)
    const load = () => objects.loaded(born('tdes'), 'mac', 'tdes', () => storage.wrapping(1))
    const { key, companion } = load()
    if (companion === undefined) throw new Error('a MAC key of tdes has one')
    expect(token.attribute(companion, 'CKA_SENSITIVE')).toEqual(Buffer.of(1))
    load()
    for (const gone of [key, companion]) {
      expect(() => token.attribute(gone, 'CKA_SENSITIVE')).toThrow('CKR_OBJECT_HANDLE_INVALID')
    }
  })
})

/** What the token lets it do. Each key is sensitive and not extractable. */
function abilities(token: Token, key: Handle, scheme: KeyScheme): string[] {
  const isTdes = scheme === 'tdes'
  const [block, cmac] = isTdes
    ? (['CKM_DES3_ECB', 'CKM_DES3_CMAC'] as const)
    : (['CKM_AES_ECB', 'CKM_AES_CMAC'] as const)
  expect(token.attribute(key, 'CKA_SENSITIVE')).toEqual(Buffer.of(1))
  expect(token.attribute(key, 'CKA_EXTRACTABLE')).toEqual(Buffer.of(0))
  const tried = {
    sign: () => token.sign(cmac, key, BLOCK, isTdes ? 8 : 16),
    encrypt: () => token.encrypt(block, key, BLOCK),
    decrypt: () => token.decrypt(block, key, BLOCK),
    wrap: () => token.wrap(key, key),
    unwrap: () => token.unwrap(key, Buffer.alloc(24), { CKA_CLASS: 'CKO_SECRET_KEY' }),
  }
  return Object.entries(tried).flatMap(([name, work]) => {
    try {
      work()
      return [name]
    } catch (error) {
      const refused = /CKR_(KEY_FUNCTION_NOT_PERMITTED|WRAPPING_KEY_|UNWRAPPING_KEY_|KEY_)/
      expect(String(error)).toMatch(refused)
      return []
    }
  })
}
