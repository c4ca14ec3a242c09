// What the terminal reads out of replies, and what it refuses to read.
// Whether a reply is the one it waits for is tried in engine.test.ts.

import { describe, expect, it } from 'vitest'
import { readCataloguePage, readTotals, readVouchers } from '../../pos-terminal/replies.ts'
import { NO_KEYS } from '../../pos-terminal/terminal-keys.ts'

const read = (field: string) =>
  readVouchers(field, NO_KEYS)?.map(({ serial, voucherPin }) => [serial, voucherPin.reveal()])

describe('the vouchers of DE 62', () => {
  it('are read with serials of different lengths', () => {
    const field = '020912SN90001XX710000000001SN90002X 710000000002'
    expect(read(field.replaceAll('71000000000', '710000000000'.slice(0, 11)))).toEqual([
      ['SN90001XX', '710000000001'],
      ['SN90002X', '710000000002'],
    ])
  })

  it('may have PINs shorter than the field, padded with spaces', () => {
    expect(read('010716SN9000171000000000000  ')).toEqual([['SN90001', '71000000000000']])
  })

  it.each([
    ['', 'nothing'],
    ['000716', 'no voucher'],
    ['010716SN900017100000000000016X', 'a byte too many'],
    ['010716SN90001710000000000001', 'a byte too few'],
    ['010716SN90001710000000000001F', 'a letter'],
    ['010716SN900017100 00000000016', 'a space inside'],
    ['010707SN900017100000', 'a PIN of 7 digits'],
    ['100000', 'vouchers of no length'],
    ['010200AB', 'a voucher without a PIN'],
    ['010812SN9001\u00a0\u00a0712345678901', 'a serial padded with no space'],
    ['XX0716SN900017100000000000016', 'a count that is no number'],
  ])('%j are refused: %s', (field) => {
    expect(read(field)).toBeUndefined()
  })
})

describe('a catalogue page', () => {
  it('counts the bytes of a name', () => {
    expect(readCataloguePage('0012010109350200000002000014ایرانسل')).toEqual({
      version: '0012',
      page: 1,
      pages: 1,
      products: [{ product: '093502', priceRial: 20_000, name: 'ایرانسل' }],
    })
  })

  it('is refused when a name runs past the end', () => {
    expect(readCataloguePage('0012010109350200000002000099short')).toBeUndefined()
  })
})

describe('totals', () => {
  it('are four figures', () => {
    expect(readTotals('000012000002350000000001000000050000')).toEqual({
      salesCount: 12,
      salesRial: 2_350_000,
      reversalsCount: 1,
      reversalsRial: 50_000,
    })
    expect(readTotals('12')).toBeUndefined()
  })
})
