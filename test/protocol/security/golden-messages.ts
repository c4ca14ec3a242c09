// The golden messages that have keys: computed by an independent implementation. Their MACs, PIN
// blocks, voucher PIN fields and key blocks are what a security module makes and reads, whatever
// holds its keys. Called by the tests of each adapter.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decode } from '../../../protocol/message/decode.ts'
import { DIALECTS, type DialectName } from '../../../protocol/message/dialect.ts'
import type { Fields } from '../../../protocol/message/encode.ts'
import { encodeWithMac, macInput } from '../../../protocol/message/mac-input.ts'
import type { Message } from '../../../protocol/message/message.ts'
import { headerOf, unwrapKey } from '../../../protocol/security/key-block.ts'
import type { Key, KeyScheme, SecurityModule } from '../../../protocol/security/security-module.ts'
import { PinBlock, Track2 } from '../../../protocol/values/card.ts'
import { Pan } from '../../../protocol/values/pan.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import { VoucherPin } from '../../../protocol/values/voucher-pin.ts'
import { good, keyIn } from './test-module.ts'

const USES = ['mac', 'pin', 'data'] as const
type SessionUse = (typeof USES)[number]

/** What the list calls a PIN, of a card and of a voucher. */
const PIN = 'pin'

interface Golden {
  name: string
  link: 'terminal' | 'institution' | 'cardhost'
  dialect: DialectName
  scheme: KeyScheme
  keys?: Record<SessionUse | 'tmk', string>
  mac?: false
  hex: string
  fields: Fields
  clear?: Partial<Record<typeof PIN, string>> & {
    vouchers?: Record<'serial' | typeof PIN, string>[]
  }
  error?: object
  expect?: { action: string }
}

const path = new URL('../../golden/messages.json', import.meta.url)
const all: Golden[] = JSON.parse(readFileSync(path, 'utf8'))
const goldens = all.filter((golden) => golden.keys !== undefined && golden.error === undefined)
/** Counted in the list by another program. */
const COUNTS = { mac: 48, bad: 6, pins: 8, vouchers: 11, blocks: 3 }
const good64 = goldens.filter((golden) => golden.mac !== false && golden.expect === undefined)
const bad64 = goldens.filter((golden) => golden.expect !== undefined)
const withPin = goldens.filter((golden) => golden.clear?.[PIN] !== undefined)
const withVouchers = goldens.filter((golden) => golden.clear?.vouchers !== undefined)
const withBlocks = goldens.filter(({ fields }) => /^[BD]0(080|112)/.test(fields[62] ?? ''))

export function goldenMessages(newModule: () => SecurityModule): void {
  const module = newModule()
  const keyOf = (golden: Golden, use: SessionUse): Key =>
    keyIn(module, use, golden.scheme, golden.keys?.[use] ?? '')

  it('are as many as the list has', () => {
    const counts = [good64, bad64, withPin, withVouchers, withBlocks].map(({ length }) => length)
    expect(counts).toEqual([COUNTS.mac, COUNTS.bad, COUNTS.pins, COUNTS.vouchers, COUNTS.blocks])
    for (const list of [good64, withPin, withVouchers, withBlocks]) {
      expect(new Set(list.map(({ scheme }) => scheme))).toEqual(new Set(['tdes', 'aes']))
    }
  })

  describe('a golden message', () => {
    it.each(good64)('$name: its MAC verifies and is computed again', (golden) => {
      const message = read(golden)
      const key = keyOf(golden, 'mac')
      const input = macInput(message) ?? Buffer.alloc(0)
      const { 64: short, 128: long, ...fields } = golden.fields
      const mac = Buffer.from(long ?? short ?? '', 'hex')
      expect(module.verifiesMac(key, input, mac)).toBe(true)
      expect(Buffer.from(module.mac(key, input)).equals(mac)).toBe(true)
      const wire = encodeWithMac(DIALECTS[golden.dialect], message.mti, fields, (bytes) =>
        module.mac(key, bytes),
      )
      expect(wire.equals(bodyOf(golden))).toBe(true)
    })

    it.each(bad64)('$name: its MAC does not verify', (golden) => {
      const input = macInput(read(golden))
      const mac = Buffer.from(golden.fields[64] ?? '', 'hex')
      const verifies = module.verifiesMac(keyOf(golden, 'mac'), input ?? bodyOf(golden), mac)
      expect(verifies).toBe(false)
    })

    it.each(withPin)('$name: its PIN block opens, for its card only', (golden) => {
      const key = keyOf(golden, 'pin')
      const block = new PinBlock(golden.fields[52] ?? golden.fields[61] ?? '')
      const pan = panOf(golden)
      expect(good(module.decipherPin(key, block, pan)).reveal() === golden.clear?.[PIN]).toBe(true)
      const other = good(Pan.parse('4111111111111111'))
      const opened = module.decipherPin(key, block, other)
      expect(isReason(opened) || opened.reveal() !== golden.clear?.[PIN]).toBe(true)
      const target = module.generate('pin', golden.scheme === 'aes' ? 'tdes' : 'aes')
      const translated = good(module.translatePin(key, target, block, pan))
      const again = good(module.decipherPin(target, translated, pan))
      expect(again.reveal() === golden.clear?.[PIN]).toBe(true)
    })

    it.each(withPin.filter(({ scheme }) => scheme === 'tdes'))(
      '$name: its PIN block is made again',
      (golden) => {
        const key = keyOf(golden, 'pin')
        const block = new PinBlock(golden.fields[52] ?? '')
        const cardPin = good(module.decipherPin(key, block, panOf(golden)))
        const made = module.encipherPin(key, cardPin, panOf(golden))
        expect(made.reveal()).toBe(block.reveal())
      },
    )

    it.each(withVouchers)('$name: its PIN fields open and are made again', (golden) => {
      const key = keyOf(golden, 'data')
      const fields = pinFields(golden.fields[62] ?? '')
      const vouchers = golden.clear?.vouchers ?? []
      expect(fields).toHaveLength(vouchers.length)
      for (const [index, voucher] of vouchers.entries()) {
        const opened = good(module.decipherVoucherPin(key, fields[index] ?? ''))
        expect(opened.reveal() === voucher[PIN]).toBe(true)
        const made = module.encipherVoucherPin(key, good(VoucherPin.parse(voucher[PIN])))
        expect(made).toBe(fields[index])
      }
    })

    it.each(withBlocks)('$name: its key blocks hold exactly its keys', (golden) => {
      const master = Buffer.from(masterOf(golden), 'hex')
      const module = newModule()
      const masterKey = keyIn(module, 'master', golden.scheme, masterOf(golden))
      const blocks = blocksOf(golden)
      for (const [index, block] of blocks.entries()) {
        const use = USES[index] ?? 'mac'
        const header = headerOf(use, golden.scheme)
        if (header === undefined) throw new Error('a session key has a header')
        const bytes = good(unwrapKey(golden.scheme, master, block, header))
        expect(bytes.toString('hex').toUpperCase() === golden.keys?.[use]).toBe(true)
        const key = good(module.importUnder(masterKey, block, use))
        expect(`${key}`).toBe(`${keyOf(golden, use)}`)
        // One that is made here begins with the same header and is as long.
        const made = module.exportUnder(masterKey, key)
        expect(made.slice(0, 16)).toBe(block.slice(0, 16))
        expect(made).toHaveLength(block.length)
        expect(made).not.toBe(block)
        for (const other of USES.filter((one) => one !== use)) {
          expect(isReason(module.importUnder(masterKey, block, other))).toBe(true)
        }
      }
    })
  })
}

function read(golden: Golden): Message {
  const message = decode(DIALECTS[golden.dialect], bodyOf(golden))
  if (message.kind !== 'message') throw new Error('a golden message is readable')
  return message
}

function blocksOf(golden: Golden): string[] {
  const text = golden.fields[62] ?? ''
  const blocks = text.match(golden.scheme === 'tdes' ? /B.{79}/g : /D.{111}/g) ?? []
  expect(blocks.join('')).toBe(text)
  expect(blocks).toHaveLength(golden.link === 'terminal' ? 3 : 2)
  return blocks
}

/** Of the key change the list says that it comes under the master key of the `tdes` terminal. */
function masterOf(golden: Golden): string {
  const isChange = golden.name === 'card host key change'
  const owner = isChange ? all.find(({ name }) => name === 'logon answered, tdes') : golden
  return owner?.keys?.tmk ?? ''
}

/** The frame without its length and TPDU. */
function bodyOf(golden: Golden): Buffer {
  const heads = { terminal: 7, institution: 2, cardhost: 4 }
  return Buffer.from(golden.hex, 'hex').subarray(heads[golden.link])
}

function panOf(golden: Golden): Pan {
  const track = golden.fields[35]
  const pan = track === undefined ? golden.fields[2] : good(Track2.parse(track)).pan()
  return typeof pan === 'object' ? good(pan) : good(Pan.parse(pan ?? ''))
}

/** DE 62: count n2 · serial length n2 · PIN length n2 · (serial · PIN field) x count. */
function pinFields(text: string): string[] {
  const [count = 0, serial = 0, size = 0] = (text.match(/\d\d/g) ?? []).map(Number)
  return Array.from({ length: count }, (_, index) => {
    const at = 6 + index * (serial + size) + serial
    return text.slice(at, at + size)
  })
}
