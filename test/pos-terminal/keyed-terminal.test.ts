// The terminal's keys against the golden messages: blocks of a logon, MACs, PIN blocks and PIN
// fields, and what of them the state file keeps.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TERMINAL_DIALECTS } from '../../pos-terminal/dialect.ts'
import { KeyedTerminal } from '../../pos-terminal/keyed-terminal.ts'
import { readVouchers } from '../../pos-terminal/replies.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import { decode } from '../../protocol/message/decode.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { KeyScheme } from '../../protocol/security/security-module.ts'
import { CardPin } from '../../protocol/values/card.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { good, keyIn, newModule } from '../protocol/security/test-module.ts'

interface Golden {
  readonly name: string
  readonly link: string
  readonly dialect: keyof typeof TERMINAL_DIALECTS
  readonly scheme: KeyScheme | 'none'
  readonly keys?: Record<'tmk' | 'mac' | 'pin' | 'data', string>
  readonly mac?: false
  readonly hex: string
  readonly mti: string
  readonly fields: Record<string, string>
  /** Serial and PIN. */
  readonly clear?: { vouchers?: Record<string, string>[] }
}

const file = new URL('../golden/messages.json', import.meta.url)
const all: Golden[] = JSON.parse(readFileSync(file, 'utf8'))
const HEAD_BYTES = 7

function find(name: string): Golden {
  const found = all.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no golden message: ${name}`)
  return found
}

function messageOf({ dialect, hex }: Golden): Message {
  const message = decode(TERMINAL_DIALECTS[dialect], Buffer.from(hex, 'hex').subarray(HEAD_BYTES))
  if (message.kind !== 'message') throw new Error(message.reason)
  return message
}

const store = () => new MemoryStore('10000001', '000000000100001')

function loggedOn(scheme: KeyScheme, kept = store()) {
  const logon = find(`logon answered, ${scheme}`)
  const module = newModule()
  const master = keyIn(module, 'master', scheme, logon.keys?.tmk ?? '')
  const keys = new KeyedTerminal(module, master, kept)
  const taken = keys.take(logon.fields[62] ?? '', logon.fields[7] ?? '')
  return { keys, taken, kept, module, master }
}

const ownKeys = all.filter(({ keys, scheme, link }) => {
  const same = scheme !== 'none' && keys?.tmk === find(`logon answered, ${scheme}`).keys?.tmk
  return link === 'terminal' && same
})
const sealed = ownKeys.filter(({ fields, mac, name }) => {
  return fields[64] !== undefined && mac !== false && !name.startsWith('MAC off')
})

it('has golden messages to compare with', () => {
  expect(sealed.length).toBeGreaterThan(25)
})

it.each(sealed)('verifies and makes the MAC of: $name', (golden) => {
  if (golden.scheme === 'none') throw new Error('without keys')
  const { keys } = loggedOn(golden.scheme)
  const message = messageOf(golden)
  expect(keys.believes(message)).toBe(true)
  const { 64: _mac, ...fields } = golden.fields
  const bytes = keys.seal(TERMINAL_DIALECTS[golden.dialect], golden.mti, fields)
  expect(bytes.toString('hex').toUpperCase()).toBe(golden.hex.slice(2 * HEAD_BYTES))
})

it.each([
  'MAC off by one bit, tdes, binary',
  'MAC missing',
  'MAC of all zeros',
  'MAC under the PIN key',
  'sale refused with 63',
])('does not believe: %s', (name) => {
  const golden = find(name)
  const { keys } = loggedOn(golden.scheme === 'aes' ? 'aes' : 'tdes')
  expect(keys.believes(messageOf(golden))).toBe(false)
  expect(keys.voucherPinOf('00'.repeat(8))).toBeUndefined()
})

const withVouchers = ownKeys.filter(({ clear }) => clear?.vouchers !== undefined)

it.each(withVouchers)('opens the voucher PINs of: $name', (golden) => {
  if (golden.scheme === 'none') throw new Error('without keys')
  const { keys } = loggedOn(golden.scheme)
  const message = messageOf(golden)
  expect(keys.believes(message)).toBe(true)
  const vouchers = readVouchers(message.get(62), keys)
  const shown = vouchers?.map(({ serial, voucherPin }) => [serial, voucherPin.reveal()])
  expect(shown).toEqual(golden.clear?.vouchers?.map((voucher) => Object.values(voucher)))
})

it('makes the PIN block of the golden sale: format 0 in DE 52', () => {
  const { keys } = loggedOn('tdes')
  const { fields } = find('sale, tdes, binary')
  const block = keys.pinFields(good(CardPin.parse('1234')), good(Pan.parse('6273530000000029')))
  expect(block).toEqual({ 52: fields[52] })
})

it('makes a PIN block of format 4 in DE 61, another each time', () => {
  const { keys, kept } = loggedOn('aes')
  const pan = good(Pan.parse('6037990000000014'))
  const cardPin = good(CardPin.parse('1234'))
  const [one, other] = [keys.pinFields(cardPin, pan), keys.pinFields(cardPin, pan)]
  expect(Object.keys(one)).toEqual(['61'])
  expect(one[61]).toMatch(/^[0-9A-F]{32}$/)
  expect(other[61]).not.toBe(one[61])
  expect(JSON.stringify(kept.state)).not.toContain(one[61])
})

describe('a logon', () => {
  it.each(['tdes', 'aes'] as const)('is kept as the blocks that came, %s', (scheme) => {
    const { taken, kept, module, master } = loggedOn(scheme)
    expect(taken).toBe(true)
    const { fields, keys } = find(`logon answered, ${scheme}`)
    expect(kept.state.session).toEqual({ blocks: fields[62], transmission: fields[7] })
    for (const hex of Object.values(keys ?? {})) {
      expect(JSON.stringify(kept.state)).not.toContain(hex)
    }
    const restarted = new KeyedTerminal(module, master, kept)
    expect(restarted.needsLogon).toBe(false)
  })

  it('of a state file under another master key is done again', () => {
    const { kept } = loggedOn('aes')
    const module = newModule()
    const other = new KeyedTerminal(module, module.generate('master', 'aes'), kept)
    expect(other.needsLogon).toBe(true)
  })

  it.each([
    ['nothing', () => ''],
    ['two keys', (blocks: string) => blocks.slice(0, 2 * 112)],
    ['a key more', (blocks: string) => blocks + blocks.slice(0, 112)],
    ['keys in another order', (blocks: string) => blocks.slice(112) + blocks.slice(0, 112)],
    [
      'a bit that was turned',
      (blocks: string) => blocks.replace(/.$/, (c) => (c < '8' ? 'F' : '0')),
    ],
    ['a length that lies', (blocks: string) => blocks.replace('D0112M', 'D9999M')],
    ['a length of nothing', (blocks: string) => blocks.replace('D0112M', 'D0000M')],
    ['a length that is no number', (blocks: string) => blocks.replace('D0112M', 'D01x2M')],
  ])('with %s is none', (_what, change) => {
    const { keys, kept } = loggedOn('aes')
    const before = kept.state
    const blocks = find('logon answered, aes').fields[62] ?? ''
    expect(keys.take(change(blocks), '1122054600')).toBe(false)
    expect(kept.state).toEqual(before)
  })

  it('keeps the set before for a reply that is still on its way', () => {
    const { keys, module, master } = loggedOn('aes')
    const old = messageOf(find('sale approved, binary, aes'))
    const fresh = (['mac', 'pin', 'data'] as const).map((use) => {
      return module.exportUnder(master, module.generate(use, 'aes'))
    })
    expect(keys.take(fresh.join(''), '1122060000')).toBe(true)
    expect(keys.believes(old)).toBe(true)
    expect(readVouchers(old.get(62), keys)?.[0]?.voucherPin.reveal()).toBe('7100000000000000')
    const again = (['mac', 'pin', 'data'] as const).map((use) => {
      return module.exportUnder(master, module.generate(use, 'aes'))
    })
    expect(keys.take(again.join(''), '1122070000')).toBe(true)
    expect(keys.believes(old)).toBe(false)
  })

  it('that is advised comes before the next message', () => {
    const { keys } = loggedOn('tdes')
    expect(keys.needsLogon).toBe(false)
    keys.logonAdvised()
    expect(keys.needsLogon).toBe(true)
  })

  it('must come before anything is sealed', () => {
    const module = newModule()
    const keys = new KeyedTerminal(module, module.generate('master', 'aes'), store())
    expect(() => keys.seal(TERMINAL_DIALECTS.iso87binary, '0800', {})).toThrow('not logged on')
  })
})
