// DE 62 in its clear form, against the golden messages and for any vouchers.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isReason } from '../../protocol/values/reason.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import type { OpenedVoucher } from '../../switch/core/sale-record.ts'
import type { SessionKeys } from '../../terminal-gateway/session-keys.ts'
import { voucherField } from '../../terminal-gateway/voucher-field.ts'
import { good, newModule } from '../protocol/security/test-module.ts'

interface Golden {
  name: string
  scheme: string
  fields: Record<string, string>
  clear?: { vouchers?: Record<string, string>[] }
}

const path = new URL('../golden/messages.json', import.meta.url)
const golden: Golden[] = JSON.parse(readFileSync(path, 'utf8'))
const clear = golden.filter(({ scheme, clear }) => scheme === 'none' && clear?.vouchers)

function opened(serial: string, digits: string, id = 1): OpenedVoucher {
  const voucherPin = VoucherPin.parse(digits)
  if (isReason(voucherPin)) throw new Error(voucherPin.reason)
  return { id, serial, voucherPin }
}

describe('DE 62 without keys', () => {
  it('has golden messages to be compared with', () => {
    expect(clear.length).toBeGreaterThanOrEqual(5)
  })

  it.each(clear)('$name: is the field of the list', ({ fields, clear }) => {
    const vouchers = (clear?.vouchers ?? []).map((voucher) => {
      const [serial = '', digits = ''] = ['serial', 'pin'].map((name) => voucher[name])
      return opened(serial, digits)
    })
    expect(voucherField(vouchers, undefined)).toBe(fields[62])
  })

  it('pads the shorter serials and PINs with spaces', () => {
    const vouchers = [opened('A1', '1234567890'), opened('B123', '12345678')]
    expect(voucherField(vouchers, undefined)).toBe('020410A1  1234567890B12312345678  ')
  })

  it('reads back as it was written, for one to ten vouchers', () => {
    const digits = fc.string({
      unit: fc.constantFrom(...'0123456789'),
      minLength: 8,
      maxLength: 24,
    })
    const serial = fc.string({ unit: fc.constantFrom(...'AZ09-'), maxLength: 20 })
    const some = fc.array(fc.tuple(serial, digits), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(some, (pairs) => {
        const field = voucherField(
          pairs.map(([one, other]) => opened(one, other)),
          undefined,
        )
        const [count, serialLength, pinLength] = [0, 2, 4].map((at) => +field.slice(at, at + 2))
        const each = (serialLength ?? 0) + (pinLength ?? 0)
        expect([count, field.length]).toEqual([pairs.length, 6 + pairs.length * each])
        const found = pairs.map((_pair, n) => {
          const text = field.slice(6 + n * each, 6 + (n + 1) * each)
          return [text.slice(0, serialLength).trimEnd(), text.slice(serialLength).trimEnd()]
        })
        expect(found).toEqual(pairs)
      }),
    )
  })
})

describe('DE 62 under keys', () => {
  it.each(['tdes', 'aes'] as const)(
    'has PINs of one length, each of which opens (%s)',
    (scheme) => {
      const module = newModule()
      const dataKey = module.generate('data', scheme)
      const keys = { module, scheme, dataKey } as unknown as SessionKeys
      const digits = ['12345678', '123456789012345678901234', '1234567890123456']
      const vouchers = digits.map((each, n) => opened(`A${n}`, each))
      const field = voucherField(vouchers, keys)
      const pinLength = Number(field.slice(4, 6))
      const found = digits.map((_each, n) => {
        const at = 6 + n * (2 + pinLength) + 2
        const one = field.slice(at, at + pinLength)
        expect(one).toMatch(/^[0-9A-F]+$/)
        return good(module.decipherVoucherPin(dataKey, one)).reveal()
      })
      expect(found).toEqual(digits)
    },
  )
})
