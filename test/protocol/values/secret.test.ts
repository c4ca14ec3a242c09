// Secrets never become text by accident: not in a template, JSON, an inspection, a nested object,
// an error and its cause, or a copy.

import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ChipData, PinBlock, Track2 } from '../../../protocol/values/card.ts'
import { Pan } from '../../../protocol/values/pan.ts'
import { isReason, type Reason } from '../../../protocol/values/reason.ts'
import type { Secret } from '../../../protocol/values/secret.ts'
import { VoucherPin } from '../../../protocol/values/voucher-pin.ts'

function value<Value>(parsed: Value | Reason): Value {
  if (isReason(parsed)) throw new Error(parsed.reason)
  return parsed
}

const SECRETS: [string, Secret, string, string][] = [
  ['card number', value(Pan.parse('6037990000000014')), '6037990000000014', '603799******0014'],
  ['voucher PIN', value(VoucherPin.parse('7123456789012345')), '7123456789012345', '***'],
  ['track 2', value(Track2.parse('6037990000000014=2912101')), '6037990000000014=2912101', '***'],
  ['PIN block', new PinBlock('8C4421B42970E0AF'), '8C4421B42970E0AF', '***'],
  ['chip data', new ChipData('9F2608A1B2C3D4E5'), '9F2608A1B2C3D4E5', '***'],
]

/** Every way in which a program makes text of a value. */
function texts(secret: Secret): string[] {
  const nested = { sale: { cards: [{ secret }], map: new Map([['key', secret]]) } }
  const cause = Object.assign(new Error(`about ${secret}`), { secret })
  const error = new Error('failed', { cause: { cause, secret } })
  return [
    `${secret}`,
    String(secret),
    `${[secret, secret]}`,
    JSON.stringify(secret),
    JSON.stringify(nested),
    JSON.stringify({ ...nested, set: [...new Set([secret])] }),
    inspect(secret),
    inspect(nested, { depth: 10, showHidden: true, getters: true }),
    inspect(secret, { customInspect: false, showHidden: true, depth: 10 }),
    inspect(error, { depth: 10, showHidden: true }),
    format('%s %o %j %O', secret, secret, secret, nested),
    error.stack ?? '',
    JSON.stringify(Object.entries(secret)),
    JSON.stringify(Object.getOwnPropertyNames(secret)),
    JSON.stringify({ ...secret }),
    inspect(structuredClone({ ...secret })),
  ]
}

describe('a secret', () => {
  it.each(SECRETS)('%s never shows its value as text', (_name, secret, clear) => {
    const shown = texts(secret).join('\n')
    for (let at = 0; at + 8 <= clear.length; at++) {
      expect(shown).not.toContain(clear.slice(at, at + 8))
    }
  })

  it.each(SECRETS)('%s shows the same mask in every way', (_name, secret, _clear, mask) => {
    expect(secret.masked()).toBe(mask)
    expect(`${secret}`).toBe(mask)
    expect(JSON.stringify({ secret })).toBe(JSON.stringify({ secret: mask }))
    expect(inspect({ secret })).toBe(`{ secret: ${mask} }`)
  })

  it.each(SECRETS)('%s gives its value when revealed', (_name, secret, clear) => {
    expect(secret.reveal()).toBe(clear)
  })
})
