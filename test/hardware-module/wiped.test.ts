// What the module over a token had in clear for a moment is overwritten before it goes on: keys
// that were born, handed out in a block or derived for one PIN, and what is to be enciphered.

import { afterAll, describe, expect, it } from 'vitest'
import { HardwareModule } from '../../hardware-module/hardware-module.ts'
import { dukptPinKey } from '../../protocol/security/dukpt.ts'
import { ModuleAwayError } from '../../protocol/security/security-module.ts'
import { CardPin } from '../../protocol/values/card.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { dukptBlock, fromHex, good, keyIn, STORAGE_KEYS } from '../protocol/security/test-module.ts'
import { wipesOf } from '../wipes.ts'
import { closeTokens, newToken, SOFTHSM } from './soft-token.ts'

afterAll(closeTokens)

const BASE = '0123456789abcdeffedcba9876543210'
const SERIAL = 'FFFF9876543210E00001'
const MAC_KEY = '3d419e1cb7079443aa37474c2efbf8b9'
const PAN = good(Pan.parse('4111111111111111'))
const CARD_PIN = good(CardPin.parse('12345'))

describe.skipIf(SOFTHSM === undefined)('nothing is left', async () => {
  if (SOFTHSM === undefined) return
  const token = await newToken()
  const module = new HardwareModule(token, { keyLabel: 'storage', storage: STORAGE_KEYS })
  module.makeStorageKey(STORAGE_KEYS.newest().id)

  it('of a key that was born, nor of the half that goes with a MAC key', async () => {
    const [, wiped] = await wipesOf(() => keyIn(module, 'mac', 'tdes', MAC_KEY))
    expect(wiped).toEqual(expect.arrayContaining([MAC_KEY, MAC_KEY.slice(0, 16).repeat(2)]))
  })

  it.each([
    ['taken', 'CKK_AES', false],
    ['refused', 'CKK_RSA', true],
  ])('of a key that was put into the token, which has %s it', async (_how, type, isRefused) => {
    const clear = fromHex(BASE)
    const attributes = { CKA_CLASS: 'CKO_SECRET_KEY', CKA_KEY_TYPE: type, CKA_TOKEN: false }
    const put = () => token.run(() => token.create({ ...attributes, CKA_VALUE: clear }))
    const [error, wiped] = await wipesOf(() => thrown(put))
    expect(error instanceof ModuleAwayError).toBe(isRefused)
    expect(new Set(wiped)).toEqual(new Set([BASE]))
    // What the caller has stays his.
    expect(clear).toEqual(fromHex(BASE))
  })

  it('of a key that went out in a block', async () => {
    const [master, key] = [
      keyIn(module, 'master', 'aes', BASE),
      keyIn(module, 'mac', 'aes', MAC_KEY),
    ]
    const [block, wiped] = await wipesOf(() => module.exportUnder(master, key))
    expect(block).not.toBe('')
    expect(wiped).toContain(MAC_KEY)
  })

  it('of the key of one PIN', async () => {
    const base = keyIn(module, 'dukpt-base', 'tdes', BASE)
    const block = dukptBlock(BASE, SERIAL, CARD_PIN, PAN)
    const [refused, wiped] = await wipesOf(() => module.opensDukptPin(base, SERIAL, block, PAN))
    expect(refused).toBeUndefined()
    expect(wiped).toContain(good(dukptPinKey(fromHex(BASE), SERIAL)).toString('hex'))
  })

  it('of what was enciphered', async () => {
    const clear = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
    const key = token.run(() =>
      token.create({
        ...{ CKA_CLASS: 'CKO_SECRET_KEY', CKA_KEY_TYPE: 'CKK_AES', CKA_TOKEN: false },
        ...{ CKA_ENCRYPT: true, CKA_VALUE: fromHex(BASE) },
      }),
    )
    const [, wiped] = await wipesOf(() => token.run(() => token.encrypt('CKM_AES_ECB', key, clear)))
    expect(wiped).toEqual([clear.toString('hex')])
  })
})

function thrown(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}
