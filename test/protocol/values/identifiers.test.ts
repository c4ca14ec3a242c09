// The identifiers of the wire and their parsers: what is accepted, what not, and trailing spaces.

import { describe, expect, it } from 'vitest'
import {
  parseMerchantId,
  parseProductId,
  parseRrn,
  parseStan,
  parseTerminalId,
} from '../../../protocol/values/identifiers.ts'
import { isReason } from '../../../protocol/values/reason.ts'

const PARSERS = {
  STAN: parseStan,
  RRN: parseRrn,
  product: parseProductId,
  'terminal id': parseTerminalId,
  'merchant id': parseMerchantId,
} as const
type Name = keyof typeof PARSERS

describe('an identifier', () => {
  it.each<[Name, string, string]>([
    ['STAN', '000001', '000001'],
    ['STAN', '999999', '999999'],
    ['RRN', '632600000001', '632600000001'],
    ['product', '091905', '091905'],
    ['terminal id', '10000001', '10000001'],
    ['terminal id', 'K1      ', 'K1'],
    ['terminal id', 'A B', 'A B'],
    ['merchant id', '000000000100001', '000000000100001'],
    ['merchant id', 'SHOP 7         ', 'SHOP 7'],
  ])('%s %j is read as %j', (name, text, value) => {
    expect(PARSERS[name](text)).toBe(value)
  })

  it.each<[Name, string]>([
    ['STAN', ''],
    ['STAN', '12345'],
    ['STAN', '1234567'],
    ['STAN', '12345a'],
    ['STAN', ' 12345'],
    ['STAN', '12345\n'],
    ['RRN', '63260000001'],
    ['RRN', '6326000000011'],
    ['RRN', '63260000000A'],
    ['product', '09190'],
    ['product', '0919055'],
    ['product', '0919 5'],
    ['terminal id', ''],
    ['terminal id', '        '],
    ['terminal id', '123456789'],
    ['terminal id', ' 1234567'],
    ['terminal id', '1234\t67'],
    ['terminal id', '1234567é'],
    ['merchant id', ''],
    ['merchant id', '1234567890123456'],
    ['merchant id', ' 00000000100001'],
    ['merchant id', 'SHOP\u00007'],
  ])('%s is not read from %j', (name, text) => {
    expect(isReason(PARSERS[name](text))).toBe(true)
  })

  it('refused says which one it is', () => {
    for (const [name, parse] of Object.entries(PARSERS)) {
      const found = parse('')
      expect(isReason(found) && found.reason.startsWith(`${name}:`)).toBe(true)
    }
  })
})
