// DUKPT by the examples of ANSI X9.24-1:2009, A.4: base key, card and PIN of the standard, and the
// PIN block of each key serial number; and which serial numbers no terminal has.

import { describe, expect, it } from 'vitest'
import { dukptPinKey } from '../../../protocol/security/dukpt.ts'
import { CardPin, PinBlock } from '../../../protocol/values/card.ts'
import { Pan } from '../../../protocol/values/pan.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import { dukptBlock, fromHex, good, keyIn, newModule } from './test-module.ts'

const BASE = '0123456789ABCDEFFEDCBA9876543210'
const DEVICE = 'FFFF9876543210'
const PAN = good(Pan.parse('4012345678909'))
const CARD_PIN = good(CardPin.parse('1234'))

/** Rest of the serial number, PIN key, PIN block. */
const EXAMPLES = [
  ['E00001', '042666B49184CF5C68DE9628D0397B36', '1B9C1845EB993A7A'],
  ['E00002', 'C46551CEF9FD244FAA9AD834130D3B38', '10A01C8D02C69107'],
  ['E00003', '0DF3D9422ACA561A47676D07AD6BAD05', '18DC07B94797B466'],
  ['E00004', '279C0F6AEED0BE9A2B2C733E1383AE6E', '0BC79509D5645DF7'],
  ['E00005', '5F8DC6D2C845C1DA508DDC048093B8C0', '5BC0AF22AD87B327'],
  ['E00006', '5E415CB0BAF9F0C3D0C14B63FB62FFBC', 'A16DF70AE36158D8'],
  ['E00007', '0C8F780B7C8B492FAE84A9EB2A6CE69F', '27711C16CB257F8E'],
  ['E00008', '27F66D5244FF621EAA6F6120EDEB427F', '50E55547A5027551'],
  ['E00009', '27E31064FDC565968900E2057F658E81', '536CF7F678ACFC8D'],
  ['E0000A', '6CF2500A22507C83C776CEADC1E330EB', 'EDABBA23221833FE'],
  ['E0000B', '3E8260BA04B2D6DFC01482B3819A1848', '2328981C57B4BDBA'],
  ['E0000C', 'B716E1E11CF53D7F726CAEE75C3A62B0', '038D03CC926CF286'],
  ['E0000D', 'E072EDF9534053A0B6C581C58FBF25CC', '6C8AA97088B62C68'],
  ['E0000E', 'A80046087F5B8FDB5AAD95E1842908B0', 'F17C9E1D72CD4950'],
  ['E0000F', '93DD5B956C4878B82E453AAEFD32A555', 'B170F6E7F7F2F64A'],
  ['E00010', '59598DCBD9BD943F94165CE453585FA8', 'D5D9638559EF53D6'],
  ['E00011', '2B5F01F4F0CC0515639D523231BF1B5D', 'D544F8CDD292C863'],
  ['E00012', '9CF640F279C2AE1915F725EEEAC2CB50', '7A21BD10F36DC41D'],
  ['E00013', 'C3DF489FDF11534BF03DE97C27DC4CD0', '78649BD17D0DFA60'],
  ['E00014', '658488507721B30E4737FA93F923CB2D', '7E7E16EA0C31AD56'],
  ['E00015', 'E161D1956A61F62DF37AFD7F9CC36965', '72105C22EBC791E6'],
  ['E10000', '2F9A0C0B46ECCBA1F8287A7A071AF54B', '19776D96D73AF1E2'],
  ['E20000', 'DEFDE0EA1043B58D2FA013DE6C4B8F04', '83F14581B8946B2D'],
  ['E40000', '9F59E8536BDB056513C856FCCF9A0981', '96B3ADCBF9F5219C'],
  ['E80000', '87B9983D9D23047A8D199F5CA0C3DEEC', '1E0F453FD55FCE45'],
  ['EFF800', 'F9CDFEBF4F5B1D61B3EC12454527E189', '33365F5CC6F23C35'],
  ['EFF801', '5BEE92627E9782A3911BF619DF72CAC4', '3A86BF003F835C9D'],
  ['EFF802', '64CA2F8AB93F614F1620B00BF77C73FE', '3DB977D05C36DF3F'],
  ['EFF804', '35A168695B3BA8CC07E871C42021DDC8', 'BA83243305712099'],
  ['EFF808', '12C380FCB72ED33D6FC6079AF63F4778', 'B0DA04AC90A36D85'],
  ['EFF810', 'D8007C833A1E3CB6C6889B97A68C5400', '2CF02BD9C309EEDA'],
  ['EFF820', 'A9C9FF9B735FDDB6591F296B0BF0FD8F', '9D1E2F77AEEE81C6'],
  ['EFF840', '0E3E221062CB5EFCA384602783A00405', '40870B0F8BA2011C'],
  ['EFF880', 'CA8225C587124D04B87F279C0BE297D8', '22E340D6ABB40981'],
  ['EFF900', '906AAC1751D497E5144D52C76C6E1F68', '1A4C10AFBA03A430'],
  ['EFFA00', '2B9E2CE7C27503C8E10B54D2989EA650', '849763B43E5F9CFF'],
  ['EFFC00', 'F9430DF97508246EC77BE4EF4FDB9111', 'DEFC6F09F8927B71'],
  ['F00000', 'AA4D58DB653EC7B548C75F2F047DD24A', '73EC88AD0AC5830E'],
] as const

describe('the DUKPT key of a PIN', () => {
  it.each(EXAMPLES)('with counter %s is that of ANSI X9.24-1', (rest, key, block) => {
    const derived = good(dukptPinKey(fromHex(BASE), DEVICE + rest))
    expect(derived.toString('hex').toUpperCase()).toBe(key)
    expect(dukptBlock(BASE, DEVICE + rest, CARD_PIN, PAN).reveal()).toBe(block)
  })

  it.each(EXAMPLES)('with counter %s opens its block inside the module', (rest, _key, block) => {
    const module = newModule()
    const base = keyIn(module, 'dukpt-base', 'tdes', BASE)
    for (const scheme of ['tdes', 'aes'] as const) {
      const zone = module.generate('pin', scheme)
      const given = new PinBlock(block)
      const translated = good(module.translateDukptPin(base, DEVICE + rest, zone, given, PAN))
      const opened = good(module.decipherPin(zone, translated, PAN))
      expect(opened.reveal() === CARD_PIN.reveal()).toBe(true)
    }
  })

  it('is another for each device and key set', () => {
    const serials = ['FFFF9876543210E00001', 'FFFF9876543230E00001', 'FFFF9876553210E00001']
    const keys = serials.map((serial) => good(dukptPinKey(fromHex(BASE), serial)).toString('hex'))
    expect(new Set(keys).size).toBe(serials.length)
  })

  it('leaves the base key as it was', () => {
    const base = fromHex(BASE)
    good(dukptPinKey(base, `${DEVICE}EFF800`))
    expect(base.equals(fromHex(BASE))).toBe(true)
  })
})

describe('a key serial number', () => {
  const derive = (serial: string) => dukptPinKey(fromHex(BASE), serial)

  it.each([
    ['a counter of zero', 'FFFF9876543210E00000'],
    ['a counter of eleven one-bits', 'FFFF9876543210EFFE00'],
    ['a counter of 21 one-bits', 'FFFF9876543210FFFFFF'],
  ])('with %s is one of no terminal', (_what, serial) => {
    expect(derive(serial)).toEqual({
      reason: 'key serial number: a counter of 1 to 10 one-bits expected',
    })
  })

  it('with the last counter of all is one of a terminal', () => {
    expect(isReason(derive('FFFF9876543210FFF800'))).toBe(false)
  })

  it.each(['', 'FFFF9876543210E0000', 'FFFF9876543210E000010', 'ffff9876543210e00001'])(
    'that is %j is no serial number',
    (serial) => {
      expect(derive(serial)).toEqual({
        reason: 'key serial number: 20 upper-case hex characters expected',
      })
    },
  )
})
