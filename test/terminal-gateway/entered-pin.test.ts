// The cardholder's PIN of a sale: under which key it is taken to be, and what is a format error.

import { describe, expect, it } from 'vitest'
import { encodeWithMac } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { Key, KeyScheme } from '../../protocol/security/security-module.ts'
import { CardPin, type PinBlock } from '../../protocol/values/card.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { isReason } from '../../protocol/values/reason.ts'
import type { KeyStore, SealedKeySet } from '../../switch/core/key-store.ts'
import { masterPlace } from '../../switch/core/key-store.ts'
import type { EnteredPin } from '../../switch/core/sale-record.ts'
import { enteredPinOf } from '../../terminal-gateway/entered-pin.ts'
import { KeyDesk } from '../../terminal-gateway/key-desk.ts'
import type { SessionKeys } from '../../terminal-gateway/session-keys.ts'
import type { TerminalStatus } from '../../terminal-gateway/terminal-status.ts'
import { dukptBlock, good, keyIn, newModule } from '../protocol/security/test-module.ts'
import { adviceFields, saleFields } from '../switch/core/story-terminal.ts'
import { FrontDesk } from './front-desk.ts'

const BASE = '0123456789ABCDEFFEDCBA9876543210'
const OWNER = 'dukpt/FFFF987654'
const SERIAL = 'FFFF9876543210E00001'
const PAN = good(Pan.parse('4012345678909'))
const CARD_PIN = good(CardPin.parse('1234'))
const NO_BASE = { reason: 'DE 60 tag 08: a key set without a base key' }

const module = newModule()
const dukpt = dukptBlock(BASE, SERIAL, CARD_PIN, PAN)

describe('a PIN under a session key', () => {
  it.each(['tdes', 'aes'] as const)('is taken with that key (%s)', (scheme) => {
    const keys = sessionKeys(scheme)
    const block = module.encipherPin(keys.pinKey, CARD_PIN, PAN)
    const entered = read({ keys, [scheme === 'tdes' ? 'short' : 'long']: block })
    expect(entered).toEqual({ block, key: keys.pinKey, keySerialNumber: undefined })
  })

  it('that was not entered is none', () => {
    expect(read({ keys: sessionKeys('tdes') })).toBe(undefined)
    expect(read({ keys: sessionKeys('tdes'), serial: SERIAL })).toBe(undefined)
  })

  it('of an invalid card is not opened', () => {
    expect(read({ keys: sessionKeys('tdes'), short: dukpt, pan: undefined })).toBe(undefined)
  })

  it('is a format error without keys, in the other field, in both, or when it does not open', () => {
    const keys = sessionKeys('aes')
    const block = module.encipherPin(keys.pinKey, CARD_PIN, PAN)
    const wrong = [
      { keys: undefined, short: dukpt },
      { keys: sessionKeys('tdes'), long: block },
      { keys, short: dukpt },
      { keys, short: dukpt, long: block },
      { keys, long: dukpt },
      { keys: sessionKeys('aes'), long: block },
    ]
    for (const given of wrong) expect(isReason(read(given))).toBe(true)
  })
})

describe('a sale with a PIN under a DUKPT key', () => {
  const card = good(Pan.parse('6037990000000014'))

  it.each([
    ['of a known key set is sold', `0820${SERIAL}`, '00'],
    ['of an unknown key set is a format error', '0820FFFF9876553210E00001', '30'],
    ['under another serial number is a format error', '0820FFFF9876543210E00002', '30'],
    ['without a serial number is a format error', '', '30'],
    ['with a serial number cut off is a format error', `0818${SERIAL.slice(2)}`, '30'],
    ['in small letters is a format error', `0820${SERIAL.toLowerCase()}`, '30'],
    ['with an empty serial number is a format error', '0800', '30'],
  ])('%s', async (_what, told, code) => {
    const { desk: keyDesk, keys } = deskWith('tdes')
    const desk = await FrontDesk.open({ keys: 'tdes' }, { keyDesk })
    desk.register({ scheme: 'tdes' })
    const fields = {
      ...saleFields(desk.story.time, { terminal: 1, stan: 17, status: `02010${told}` }),
      52: dukptBlock(BASE, SERIAL, CARD_PIN, card).reveal(),
    }
    const [reply] = await desk.frame(
      encodeWithMac(desk.listener.dialect, '0200', fields, (input) => {
        return module.mac(keys.macKey, input)
      }),
    )
    expect(reply?.message.get(39)).toBe(code)
  })
})

it('what is no serial number says nothing in a message without a PIN', async () => {
  const desk = await FrontDesk.open()
  const sale = desk.story.sale(1, { status: '0803abc' })
  expect(await desk.code('0200', sale)).toBe('00')
  const reversal = { ...adviceFields(desk.story.time, sale), 60: '0803abc' }
  expect(await desk.code('0400', reversal)).toBe('00')
})

describe('a PIN under a DUKPT key', () => {
  const keys = sessionKeys('tdes')

  it('is taken with the base key of its key set, and opens with it alone', () => {
    const entered = read({ keys, short: dukpt, serial: SERIAL })
    if (entered === undefined || isReason(entered)) throw new Error('a PIN that was entered')
    expect(`${entered.key}`).toBe('tdes dukpt-base key 08D7B4')
    expect(entered.keySerialNumber).toBe(SERIAL)
    const zone = module.generate('pin', 'aes')
    const { block, key } = entered
    const translated = good(module.translateDukptPin(key, SERIAL, zone, block, PAN))
    expect(good(module.decipherPin(zone, translated, PAN)).reveal()).toBe(CARD_PIN.reveal())
  })

  it('is a format error of a key set that has no base key, or an aes one', () => {
    const other = `FFFF98765${SERIAL.slice(9).replace('4', '5')}`
    expect(read({ keys, short: dukpt, serial: other })).toEqual(NO_BASE)
    expect(read({ keys, short: dukpt, serial: SERIAL, desk: undefined })).toEqual(NO_BASE)
    const { desk } = deskWith('aes')
    expect(read({ keys, short: dukpt, serial: SERIAL, desk })).toEqual(NO_BASE)
  })

  it('is a format error under another serial number, and one that no terminal has', () => {
    const later = SERIAL.replace('E00001', 'E00002')
    const never = SERIAL.replace('E00001', 'E00000')
    for (const serial of [later, never])
      expect(isReason(read({ keys, short: dukpt, serial }))).toBe(true)
  })

  it('is a format error of a terminal with aes keys, or without keys', () => {
    const long = module.encipherPin(sessionKeys('aes').pinKey, CARD_PIN, PAN)
    expect(read({ keys: sessionKeys('aes'), long, serial: SERIAL })).toEqual({
      reason: 'DE 60 tag 08: of a terminal with aes keys',
    })
    expect(isReason(read({ keys: undefined, short: dukpt, serial: SERIAL }))).toBe(true)
  })

  it('finds its base key opened until that is changed', () => {
    const { desk, asked, alarms } = deskWith('tdes')
    const first = desk.baseKey(SERIAL)
    expect(desk.baseKey(SERIAL.replace('E00001', 'F00000'))).toBe(first)
    expect(asked).toEqual([OWNER])
    desk.changed(OWNER)
    expect(`${desk.baseKey(SERIAL)}`).toBe(`${first}`)
    expect([asked, alarms]).toEqual([[OWNER, OWNER], []])
  })

  it('raises an alarm once when its base key does not open', () => {
    const { desk, alarms } = deskWith('tdes', 'elsewhere')
    expect(desk.baseKey(SERIAL)).toBe(undefined)
    expect(desk.baseKey(SERIAL)).toBe(undefined)
    expect(alarms).toEqual([`a base key does not open: ${OWNER}`])
  })
})

interface Given {
  readonly keys: SessionKeys | undefined
  readonly short?: PinBlock
  readonly long?: PinBlock
  readonly serial?: string
  readonly pan?: Pan | undefined
  readonly desk?: KeyDesk | undefined
}

function read(given: Given): ReturnType<typeof enteredPinOf> | EnteredPin {
  const { keys, short, long, serial } = given
  const fields = new Map([
    [52, short?.reveal()],
    [61, long?.reveal()],
  ])
  const message = { get: (de: number) => fields.get(de) } as Message
  const status = { keySerialNumber: serial } as TerminalStatus
  const desk = 'desk' in given ? given.desk : deskWith('tdes').desk
  const pan = 'pan' in given ? given.pan : PAN
  return enteredPinOf(desk, { message, keys, status }, pan)
}

function sessionKeys(scheme: KeyScheme): SessionKeys {
  return {
    ...{ module, scheme, generation: 1, transmission: undefined, serialNumber: undefined },
    macKey: module.generate('mac', scheme),
    pinKey: module.generate('pin', scheme),
    dataKey: module.generate('data', scheme),
  }
}

/** One base key in the store, and the active keys of the first terminal. */
function deskWith(scheme: KeyScheme, place = masterPlace(OWNER)) {
  const base = keyIn(module, 'dukpt-base', scheme, BASE)
  const sealedBase = module.seal(base, place)
  const master = { scheme, sealed: sealedBase, checkValue: module.checkValue(base) }
  const keys = sessionKeys('tdes')
  const sealed = (key: Key) => module.seal(key, 'terminal/1/1')
  const active: SealedKeySet = {
    ...{ generation: 1, scheme: 'tdes', transmission: undefined, serialNumber: undefined },
    ...{ macKey: sealed(keys.macKey), pinKey: sealed(keys.pinKey), dataKey: sealed(keys.dataKey) },
  }
  const asked: string[] = []
  const alarms: string[] = []
  const store: KeyStore = {
    find: (owner) => {
      asked.push(owner)
      return {
        master: owner === OWNER ? master : undefined,
        active: owner === 'terminal/1' ? active : undefined,
        ...{ serialNumber: undefined, pending: undefined },
      }
    },
    putPending: () => Promise.resolve(true),
    activate: () => Promise.resolve(true),
  }
  const alarm = (what: string, owner: string) => void alarms.push(`${what}: ${owner}`)
  return {
    desk: new KeyDesk({ module, store, ownersMost: 10, unusedMost: 5, alarm }),
    keys,
    asked,
    alarms,
  }
}
