// What the security module had in clear for a moment is overwritten before it goes on: PINs of
// cards and their fields, keys that DUKPT derives, voucher PINs, parts of keys, and what MACs are
// made with.

import { createCipheriv, randomBytes } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { cmac, cmacUnder } from '../../../protocol/security/cmac.ts'
import { masterKeyOf } from '../../../protocol/security/key-file.ts'
import { combinedParts, randomParts } from '../../../protocol/security/key-parts.ts'
import { isWeakKey } from '../../../protocol/security/key-strength.ts'
import { macUnder } from '../../../protocol/security/mac.ts'
import { pinDigits, readPinBlock, writePinBlock } from '../../../protocol/security/pin-block.ts'
import { openKey, sealKey } from '../../../protocol/security/sealed-key.ts'
import type { KeyComponent } from '../../../protocol/security/security-module.ts'
import { CardPin } from '../../../protocol/values/card.ts'
import { Pan } from '../../../protocol/values/pan.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import { VoucherPin } from '../../../protocol/values/voucher-pin.ts'
import { wipesOf } from '../../wipes.ts'
import { dukptBlock, good, keyIn, newModule } from './test-module.ts'

const module = newModule()
const PAN = good(Pan.parse('4111111111111111'))
const CARD_PIN = good(CardPin.parse('12345'))
const VOUCHER_PIN = good(VoucherPin.parse('7100000000000001'))
/** The PIN as numbers, one in a byte. */
const DIGITS = '0102030405'

/** What was wiped in buffers, and in arrays that are none. */
async function wiped(run: () => unknown): Promise<{ buffers: string[]; arrays: string[] }> {
  const arrays: string[] = []
  const prototype = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array
  const fill = prototype.fill as (this: Uint8Array, ...given: unknown[]) => Uint8Array
  const spy = vi.spyOn(prototype, 'fill').mockImplementation(function (
    this: Uint8Array,
    ...given: unknown[]
  ) {
    if (given[0] === 0 && given.length === 1) arrays.push(Buffer.from(this).toString('hex'))
    return fill.apply(this, given)
  } as never)
  try {
    const [, buffers] = await wipesOf(run)
    return { buffers, arrays }
  } finally {
    spy.mockRestore()
  }
}

const FIELD = { tdes: /^0512345f{9}$/, aes: /^4512345a{9}[0-9a-f]{16}$/ }

describe.each(['tdes', 'aes'] as const)('nothing is left of a PIN (%s)', (scheme) => {
  const key = module.generate('pin', scheme)
  const zone = module.generate('pin', 'aes')
  const block = module.encipherPin(key, CARD_PIN, PAN)

  it.each([
    ['looked at', () => module.opensPin(key, block, PAN)],
    ['opened', () => module.decipherPin(key, block, PAN)],
    ['translated', () => module.translatePin(key, zone, block, PAN)],
  ])('that is %s', async (_what, act) => {
    const { buffers, arrays } = await wiped(act)
    expect(buffers).toContainEqual(expect.stringMatching(FIELD[scheme]))
    // In the room for fourteen that it was read into, and as it was handed on.
    expect(arrays).toContainEqual(expect.stringMatching(new RegExp(`^${DIGITS}.{18}$`)))
    expect(arrays).toContain(DIGITS)
  })

  it('that is entered', async () => {
    const { buffers, arrays } = await wiped(() => module.encipherPin(key, CARD_PIN, PAN))
    expect(arrays).toContain(DIGITS)
    // Of format 0 the field is in clear but for the card number.
    if (scheme === 'tdes') expect(buffers).toContain('0512254eeeeeeeee')
  })
})

it('nothing is left of the keys that DUKPT derives, nor of the base key under its mask', async () => {
  // [ANSI X9.24-1:2009, A.4]
  const base = '0123456789ABCDEFFEDCBA9876543210'
  const serial = 'FFFF9876543210E00001'
  const key = keyIn(module, 'dukpt-base', 'tdes', base)
  const block = dukptBlock(base, serial, CARD_PIN, PAN)
  const { buffers } = await wiped(() => {
    expect(module.opensDukptPin(key, serial, block, PAN)).toBeUndefined()
  })
  const initial = '6ac292faa1315b4d858ab3a3d7d5933a'
  const masked = 'aa02523aa1315b4d454a7363d7d5933a'
  expect(buffers).toContain('c1e385a789abcdef3e1c7a5876543210')
  expect(buffers).toContain(initial)
  expect(buffers).toContain(masked)
  expect(buffers).toContain(initial.slice(0, 16).repeat(2))
  expect(buffers).toContain('042666b49184cf5c68de9628d0397b36')
  // The serial number under either right half, before it is enciphered.
  expect(buffers).toContain('1dfce791c735933b')
  expect(buffers).toContain('dd3c2751c735933b')
})

it.each([
  ['tdes', '7100000000000001'],
  ['aes', `7100000000000001${'f'.repeat(16)}`],
] as const)(
  'nothing is left of a voucher PIN that is enciphered or deciphered (%s)',
  async (...row) => {
    const [scheme, clear] = row
    const key = module.generate('data', scheme)
    const field = module.encipherVoucherPin(key, VOUCHER_PIN)
    for (const act of [
      () => module.encipherVoucherPin(key, VOUCHER_PIN),
      () => module.decipherVoucherPin(key, field),
    ]) {
      expect((await wiped(act)).buffers).toContain(clear)
    }
  },
)

describe.each(['tdes', 'aes'] as const)('nothing is left of the parts of a key (%s)', (scheme) => {
  const hexOf = ({ component }: KeyComponent) => component.reveal().toLowerCase()
  const { components } = module.generateComponents('master', scheme, 2)
  const [first, second] = components as [KeyComponent, KeyComponent]

  it('that are made', async () => {
    let made: readonly KeyComponent[] = []
    const { buffers } = await wiped(() => {
      made = randomParts(scheme, 2, randomBytes).components
    })
    // Where each is made, and where they are put together.
    for (const part of made) {
      const wipes = buffers.filter((one) => one === hexOf(part))
      expect(wipes.length).toBeGreaterThanOrEqual(2)
    }
  })

  it('that are combined, whether they make a key or not', async () => {
    const { buffers } = await wiped(() => combinedParts(scheme, components))
    for (const part of components) expect(buffers).toContain(hexOf(part))
    const wrong = { ...second, checkValue: '000000' }
    const refused = (await wiped(() => combinedParts(scheme, [first, wrong]))).buffers
    const [a, b] = [first, second].map((part) => BigInt(`0x${hexOf(part)}`))
    const whole = ((a ?? 0n) ^ (b ?? 0n)).toString(16).padStart(32, '0')
    expect(refused).toContain(whole)
  })

  it('that a whole key of a file is taken apart to', async () => {
    const key = scheme === 'tdes' ? 'B1D02CE325768F75F7D007A29E108CCE' : 'A1'.padStart(32, '0F')
    const mask = 'c3'.repeat(15)
    const random = (count: number) => Buffer.from(`${mask}5a`, 'hex').subarray(0, count)
    const { buffers } = await wiped(() => {
      const read = masterKeyOf(module, `scheme ${scheme}\nkey ${key}`, random)
      expect(isReason(read)).toBe(false)
    })
    const rest = BigInt(`0x${key}`) ^ BigInt(`0x${mask}5a`)
    // Each once where it is taken apart, and once where it is put together.
    for (const half of [`${mask}5a`, rest.toString(16).padStart(32, '0')]) {
      expect(buffers.filter((one) => one === half)).toHaveLength(2)
    }
  })
})

it('nothing is left of a PIN that is enciphered once, within an AES block', async () => {
  const key = randomBytes(16)
  const rest = Buffer.alloc(8, 0x5a)
  const clear = Buffer.concat([Buffer.from('4512345aaaaaaaaa', 'hex'), rest])
  const inner = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(clear)
  const digits = pinDigits(CARD_PIN)
  const block = writePinBlock('aes', key, digits, PAN.reveal(), () => rest)
  const { buffers } = await wiped(() => readPinBlock('aes', key, block, PAN.reveal()))
  expect(buffers).toContain(inner.toString('hex'))
  expect(buffers).toContain(clear.toString('hex'))
})

it('nothing is left of what a CMAC has of its key and its message', async () => {
  // [NIST SP 800-38B, D.1]
  const key = Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex')
  const zeros = '7df76b0c1ab899b33e42f047b91b546f'
  const subKeys = ['fbeed618357133667c85e08f7236a8de', 'f7ddac306ae266ccf90bc11ee46d513b']
  const padded = '77ddac306ae266ccf90bc11ee46d513b'
  const once = (await wiped(() => cmac('aes', key, Buffer.alloc(0)))).buffers
  for (const secret of [zeros, padded, ...subKeys]) expect(once).toContain(secret)
  const again = (await wiped(() => cmacUnder('aes', key)(Buffer.alloc(0)))).buffers
  for (const secret of [zeros, padded]) expect(again).toContain(secret)
})

it('nothing is left of a key that begins a MAC, or whose strength is looked at', async () => {
  const key = Buffer.from('b0d02ce325768f75f7d007a29e108cce', 'hex')
  const mac = await wiped(() => macUnder('tdes', key))
  expect(mac.buffers).toContain('b0d02ce325768f75'.repeat(2))
  const looked = await wiped(() => expect(isWeakKey('tdes', key)).toBe(false))
  expect(looked.buffers).toContain('b0d02ce325768f75f7d007a29e108cce')
})

it('nothing is left of a sealed key that is found to be another only when it is open', async () => {
  const clear = randomBytes(16)
  const storage = { id: 3, key: randomBytes(32) }
  const keys = { newest: () => storage, byId: () => storage }
  const binding = { use: 'pin', scheme: 'aes', place: 'terminal|1|active' } as const
  const sealed = sealKey(storage, clear, binding, randomBytes)
  const { buffers } = await wiped(() => {
    expect(openKey(keys, sealed, { ...binding, place: 'terminal|2|active' })).toBeUndefined()
  })
  expect(buffers).toContain(clear.toString('hex'))
})
