// What every security module has to do, whatever holds its keys: keys that show nothing, serve one
// use, and are bound to where they lie. Called by the tests of each adapter.

import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { headerOf, unwrapKey } from '../../../protocol/security/key-block.ts'
import { setOddParity } from '../../../protocol/security/key-strength.ts'
import {
  type Key,
  KeyPart,
  type KeyScheme,
  type KeyUse,
  KeyUseError,
  type SecurityModule,
} from '../../../protocol/security/security-module.ts'
import { CardPin, PinBlock } from '../../../protocol/values/card.ts'
import { Pan } from '../../../protocol/values/pan.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import { VoucherPin } from '../../../protocol/values/voucher-pin.ts'
import { dukptBlock, fromHex, good, keyIn } from './test-module.ts'

const USES: readonly KeyUse[] = ['master', 'mac', 'pin', 'data', 'dukpt-base']
const SCHEMES: readonly KeyScheme[] = ['tdes', 'aes']
const PAN = good(Pan.parse('4111111111111111'))
const CARD_PIN = good(CardPin.parse('12345'))
const SERIAL = 'FFFF9876543210E00001'
const VOUCHER_PIN = good(VoucherPin.parse('7100000000000000'))

export interface ModuleRig {
  /** A new one over the same storage keys; what it holds is not the others'. */
  readonly newModule: () => SecurityModule
  /** More than it keeps at hand. */
  readonly manyKeys: number
}

export function conformance(rig: ModuleRig): void {
  keyTests(rig)
  partTests(rig)
  pinTests(rig)
}

function keyTests({ newModule, manyKeys }: ModuleRig): void {
  describe.each(SCHEMES)('a key (%s)', (scheme) => {
    const module = newModule()

    it('shows use, scheme and check value, whoever prints it, and cannot be changed', () => {
      const hex = scheme === 'tdes' ? '3F419E1CB7079442AA37474C2EFBF8B8' : `${'0F'.repeat(15)}A1`
      const key = keyIn(module, 'pin', scheme, hex)
      const check = module.checkValue(key)
      expect(`${key}`).toBe(`${scheme} pin key ${check}`)
      expect(JSON.parse(JSON.stringify(key))).toEqual({ use: 'pin', scheme, checkValue: check })
      const shown = inspect(key, { showHidden: true, depth: 9 }) + inspect(module, { depth: 9 })
      expect(shown.toUpperCase()).not.toContain(hex.slice(0, 8))
      expect(shown).not.toContain('Buffer')
      expect(() => Object.assign(key, { use: 'mac' })).toThrow(TypeError)
    })

    it('that is generated has bytes of its own, with odd parity when it is a tdes key', () => {
      const masterHex = randomBytes(16).toString('hex')
      const master = keyIn(module, 'master', scheme, masterHex)
      const header = headerOf('mac', scheme)
      if (header === undefined) throw new Error('a MAC key has a header')
      const made = new Set<string>()
      for (let i = 0; i < 20; i++) {
        const block = module.exportUnder(master, module.generate('mac', scheme))
        const bytes = good(unwrapKey(scheme, fromHex(masterHex), block, header))
        const odd = Buffer.from(bytes)
        setOddParity(odd)
        if (scheme === 'tdes') expect(odd.equals(bytes)).toBe(true)
        made.add(bytes.toString('hex'))
      }
      expect(made.size).toBe(20)
    })

    it('is used for its use only', () => {
      const keys = new Map(USES.map((use) => [use, module.generate(use, scheme)]))
      const block = module.encipherPin(keyOf(keys, 'pin'), CARD_PIN, PAN)
      const field = module.encipherVoucherPin(keyOf(keys, 'data'), VOUCHER_PIN)
      const wrapped = module.exportUnder(keyOf(keys, 'master'), keyOf(keys, 'mac'))
      const operations: [KeyUse, (key: Key) => unknown][] = [
        ['mac', (key) => module.mac(key, Buffer.alloc(3))],
        ['mac', (key) => module.verifiesMac(key, Buffer.alloc(3), Buffer.alloc(8))],
        ['data', (key) => module.encipherVoucherPin(key, VOUCHER_PIN)],
        ['data', (key) => module.decipherVoucherPin(key, field)],
        ['pin', (key) => module.encipherPin(key, CARD_PIN, PAN)],
        ['pin', (key) => module.decipherPin(key, block, PAN)],
        ['pin', (key) => module.opensPin(key, block, PAN)],
        ['pin', (key) => module.translatePin(key, keyOf(keys, 'pin'), block, PAN)],
        ['pin', (key) => module.translatePin(keyOf(keys, 'pin'), key, block, PAN)],
        ['master', (key) => module.exportUnder(key, keyOf(keys, 'mac'))],
        ['master', (key) => module.importUnder(key, wrapped, 'mac')],
      ]
      if (scheme === 'tdes') {
        operations.push(
          [
            'dukpt-base',
            (key) => module.translateDukptPin(key, SERIAL, keyOf(keys, 'pin'), block, PAN),
          ],
          ['dukpt-base', (key) => module.opensDukptPin(key, SERIAL, block, PAN)],
        )
      }
      for (const [use, operate] of operations) {
        for (const other of USES) {
          const run = () => operate(keyOf(keys, other))
          if (other === use) expect(run).not.toThrow()
          else expect(run).toThrow(KeyUseError)
        }
      }
    })

    it('of another module, or that only looks like one, is refused', () => {
      const strangers: Key[] = [newModule().generate('mac', scheme), { use: 'mac', scheme }]
      for (const key of strangers) {
        expect(() => module.mac(key, Buffer.alloc(3))).toThrow(KeyUseError)
        expect(() => module.seal(key, 'place')).toThrow(KeyUseError)
        expect(() => module.checkValue(key)).toThrow(KeyUseError)
        expect(() => module.exportUnder(module.generate('master', scheme), key)).toThrow(
          KeyUseError,
        )
      }
    })

    it('travels under a master key of its scheme; master and base keys do not travel', () => {
      const master = module.generate('master', scheme)
      for (const use of ['mac', 'pin', 'data'] as const) {
        const key = module.generate(use, scheme)
        const arrived = good(module.importUnder(master, module.exportUnder(master, key), use))
        expect(`${arrived}`).toBe(`${key}`)
      }
      for (const use of ['master', 'dukpt-base'] as const)
        expect(() => module.exportUnder(master, module.generate(use, scheme))).toThrow(KeyUseError)
      const other = module.generate('mac', scheme === 'tdes' ? 'aes' : 'tdes')
      expect(() => module.exportUnder(master, other)).toThrow(KeyUseError)
    })

    it('that is weak does not arrive', () => {
      const master = module.generate('master', scheme)
      const block = module.exportUnder(master, keyIn(module, 'mac', scheme, '00'.repeat(16)))
      expect(module.importUnder(master, block, 'mac')).toEqual({ reason: 'key: is weak' })
    })

    it('is sealed and unsealed', () => {
      const key = module.generate('data', scheme)
      const sealed = module.seal(key, 'terminal 9')
      const again = module.unseal('data', scheme, sealed, 'terminal 9')
      if (again === undefined) throw new Error('it opens')
      const field = module.encipherVoucherPin(key, VOUCHER_PIN)
      expect(good(module.decipherVoucherPin(again, field)).reveal()).toBe(VOUCHER_PIN.reveal())
      expect(module.unseal('data', scheme, sealed, 'terminal 8')).toBeUndefined()
      expect(module.unseal('mac', scheme, sealed, 'terminal 9')).toBeUndefined()
    })

    it('that was sealed opens unchanged only, and for no other scheme', () => {
      const sealed = module.seal(module.generate('mac', scheme), 'terminal 9')
      for (let at = 0; at < sealed.length; at++) {
        const changed = Buffer.from(sealed)
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
        expect(module.unseal('mac', scheme, changed, 'terminal 9')).toBeUndefined()
      }
      const other = scheme === 'tdes' ? 'aes' : 'tdes'
      expect(module.unseal('mac', other, sealed, 'terminal 9')).toBeUndefined()
      for (const cut of [sealed.subarray(1), sealed.subarray(0, -1), Buffer.alloc(0)]) {
        expect(module.unseal('mac', scheme, cut, 'terminal 9')).toBeUndefined()
      }
      expect(`${module.unseal('mac', scheme, sealed, 'terminal 9')}`).toMatch(`${scheme} mac key`)
    })

    it('makes and checks MACs for more keys than are kept made', () => {
      const first = module.generate('mac', scheme)
      const input = Buffer.from('a message')
      const mac = module.mac(first, input)
      for (let i = 0; i < manyKeys; i++) module.mac(module.generate('mac', scheme), input)
      expect(module.verifiesMac(first, input, mac)).toBe(true)
    }, 20_000)
  })
}

function partTests({ newModule }: ModuleRig): void {
  describe.each(SCHEMES)('parts of a key (%s)', (scheme) => {
    const module = newModule()

    it.each([2, 3, 9])('%i of them make the key again', (parts) => {
      const { key, components } = module.generateComponents('master', scheme, parts)
      expect(components).toHaveLength(parts)
      expect(`${good(module.combine('master', scheme, components))}`).toBe(`${key}`)
      expect(`${good(module.combine('master', scheme, components.toReversed()))}`).toBe(`${key}`)
    })

    it('are two to nine', () => {
      for (const parts of [0, 1, 10, 2.5])
        expect(() => module.generateComponents('master', scheme, parts)).toThrow(RangeError)
      const { components } = module.generateComponents('master', scheme, 2)
      expect(isReason(module.combine('master', scheme, components.slice(1)))).toBe(true)
      expect(isReason(module.combine('master', scheme, []))).toBe(true)
    })

    it('with a wrong check value are told by number', () => {
      const { components } = module.generateComponents('master', scheme, 3)
      const [first, second, third] = components
      if (!first || !second || !third) throw new Error('three')
      const swapped = { ...second, checkValue: third.checkValue }
      expect(module.combine('master', scheme, [first, swapped, third])).toEqual({
        reason: 'key part 2: check value differs',
      })
    })

    it('that are weak, or make a weak key, are refused', () => {
      const { components } = module.generateComponents('master', scheme, 2)
      const [first, second] = components
      if (!first || !second) throw new Error('two')
      expect(module.combine('master', scheme, [first, first])).toEqual({ reason: 'key: is weak' })
      const zeros = good(KeyPart.parse('0'.repeat(32)))
      const checkValue = scheme === 'tdes' ? '8CA64D' : '763CBC'
      expect(module.combine('master', scheme, [first, { component: zeros, checkValue }])).toEqual({
        reason: 'key part 2: is weak',
      })
    })
  })
}

function pinTests({ newModule }: ModuleRig): void {
  describe('a PIN', () => {
    const module = newModule()

    it('goes from one key to another, whatever their schemes', () => {
      for (const from of SCHEMES) {
        for (const to of SCHEMES) {
          const source = module.generate('pin', from)
          const target = module.generate('pin', to)
          const block = module.encipherPin(source, CARD_PIN, PAN)
          const translated = good(module.translatePin(source, target, block, PAN))
          const opened = good(module.decipherPin(target, translated, PAN))
          expect(opened.reveal() === CARD_PIN.reveal()).toBe(true)
        }
      }
    })

    it('that does not open is not translated', () => {
      const key = module.generate('pin', 'aes')
      const garbage = new PinBlock(randomBytes(16).toString('hex').toUpperCase())
      expect(module.translatePin(key, key, garbage, PAN)).toEqual({
        reason: 'PIN block: not one of this card and key',
      })
      expect(isReason(module.decipherPin(key, garbage, PAN))).toBe(true)
    })

    it('is known to open, or not to, without going anywhere', () => {
      for (const scheme of SCHEMES) {
        const key = module.generate('pin', scheme)
        const block = module.encipherPin(key, CARD_PIN, PAN)
        const garbage = new PinBlock(block.reveal().replaceAll(/./g, 'A'))
        // Again: nothing of the block before is left.
        for (let again = 0; again < 2; again++) {
          expect(module.opensPin(key, block, PAN)).toBeUndefined()
          expect(module.opensPin(key, garbage, PAN)).toEqual({
            reason: 'PIN block: not one of this card and key',
          })
        }
        expect(isReason(module.opensPin(module.generate('pin', scheme), block, PAN))).toBe(true)
      }
    })

    it('of a DUKPT terminal is translated with a base key for triple DES only', () => {
      const zone = module.generate('pin', 'tdes')
      const block = module.encipherPin(zone, CARD_PIN, PAN)
      const base = module.generate('dukpt-base', 'tdes')
      const translate = (key: Key, serial: string) =>
        module.translateDukptPin(key, serial, zone, block, PAN)
      // A block of another key opens by chance once in some ten million times.
      expect(isReason(translate(base, SERIAL))).toBe(true)
      expect(isReason(translate(base, 'FFFF9876543210E00000'))).toBe(true)
      expect(() => translate(module.generate('dukpt-base', 'aes'), SERIAL)).toThrow(KeyUseError)
      expect(() => module.translateDukptPin(base, SERIAL, base, block, PAN)).toThrow(KeyUseError)
    })

    it('of a known DUKPT terminal is the one that was entered', () => {
      const baseHex = '0123456789ABCDEFFEDCBA9876543210'
      const base = keyIn(module, 'dukpt-base', 'tdes', baseHex)
      const zone = module.generate('pin', 'aes')
      for (const serial of [SERIAL, 'FFFF9876543210E00008', 'FFFF9876543210E10A03']) {
        const block = dukptBlock(baseHex, serial, CARD_PIN, PAN)
        const translated = good(module.translateDukptPin(base, serial, zone, block, PAN))
        const opened = good(module.decipherPin(zone, translated, PAN))
        expect(opened.reveal() === CARD_PIN.reveal()).toBe(true)
        expect(module.opensDukptPin(base, serial, block, PAN)).toBeUndefined()
        const other = module.generate('dukpt-base', 'tdes')
        expect(isReason(module.opensDukptPin(other, serial, block, PAN))).toBe(true)
      }
    })

    it('of a known key is the known block', () => {
      const key = keyIn(module, 'pin', 'tdes', '042666B49184CF5C68DE9628D0397B36')
      const pan = good(Pan.parse('4012345678909'))
      const block = module.encipherPin(key, good(CardPin.parse('1234')), pan)
      expect(fromHex(block.reveal()).toString('hex')).toBe('1b9c1845eb993a7a')
    })
  })
}

function keyOf(keys: ReadonlyMap<KeyUse, Key>, use: KeyUse): Key {
  const key = keys.get(use)
  if (key === undefined) throw new Error(`no ${use} key`)
  return key
}
