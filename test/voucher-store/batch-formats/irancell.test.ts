// The Irancell file: the sample, and twenty ways to damage it.
// What all formats tolerate alike is tested in parse-batch.test.ts.

import { describe, expect, it } from 'vitest'
import {
  CIPHERTEXT,
  column,
  copyColumn,
  edit,
  insert,
  optionsFor,
  read,
  refusesDamaged,
  sample,
} from './batch-samples.ts'

describe('the Irancell file', () => {
  it('gives 20 vouchers that expire at the end of the stated year', async () => {
    const { header, vouchers, problems } = await read(
      sample('irancell.txt'),
      optionsFor('irancell.txt'),
    )
    expect(problems).toEqual([])
    expect(header).toMatchObject({ format: 'irancell', reference: '0312' })
    expect(vouchers).toHaveLength(20)
    const common = { product: '093505', expires: 20281231 }
    expect(vouchers[0]).toMatchObject({ line: 1, serial: '935000000001', ...common })
    expect(vouchers[0]?.voucherPin.reveal()).toBe('6556581964714184')
    expect(vouchers[19]).toMatchObject({ line: 20, serial: '935000000020', ...common })
    expect(vouchers[19]?.voucherPin.reveal()).toBe('2546665014090848')
  })

  it('takes the 12 digit PINs of earlier files', async () => {
    const text = sample('irancell.txt').replace(/\|(\d{12})\d{4}\|0\|/g, '|$1|0|')
    const { vouchers, problems } = await read(text, optionsFor('irancell.txt'))
    expect(problems).toEqual([])
    expect(vouchers[0]?.voucherPin.reveal()).toBe('655658196471')
  })

  it('takes the first and the last year of its century', async () => {
    const text = sample('irancell.txt')
    const options = { ...optionsFor('irancell.txt'), today: 20000101 } as const
    for (const year of ['2000', '2099']) {
      const { vouchers, problems } = await read(text.replaceAll('|2028|', `|${year}|`), options)
      expect(problems).toEqual([])
      expect(vouchers[19]?.expires).toBe(Number(`${year}1231`))
    }
  })

  it('is good until the last day of the year, and then expired', async () => {
    const text = sample('irancell.txt').replaceAll('|2028|', '|2026|')
    const options = optionsFor('irancell.txt')
    const lastDay = await read(text, { ...options, today: 20261231 })
    expect(lastDay.problems).toEqual([])
    const after = await read(text, { ...options, today: 20270101 })
    expect(after.problems[0]).toEqual({ line: 1, message: 'expired on 2026-12-31' })
  })
})

const row = (name: string, index: number, value: string, message: string) => ({
  name,
  damage: column(7, '|', index, value),
  line: 7,
  message,
})

refusesDamaged('irancell.txt', [
  row('other company', 0, 'MCI', 'unknown company: MTN expected, "MCI" found'),
  row('company missing', 0, '', 'unknown company: MTN expected'),
  row(
    'amount that is no number',
    1,
    '50.000',
    'amount: an amount in whole rials expected, "50.000" found',
  ),
  row('second amount missing', 2, '', 'second amount: an amount in whole rials expected'),
  row('amounts that differ', 2, '20000', 'the two amounts differ'),
  row('other file number', 3, '0313', 'file number differs from the first row'),
  row('file number with a letter', 3, '03I2', 'file number: 1 to 7 digits expected, "03I2" found'),
  row('year of two digits', 4, '28', 'expiry: a year from 2000 to 2099 expected, "28" found'),
  row('Solar Hijri year', 4, '1407', 'expiry: a year from 2000 to 2099 expected, "1407" found'),
  row('expired voucher', 4, '2025', 'expired on 2025-12-31'),
  row('BIN too short', 5, '50222', 'BIN: 6 digits expected, "50222" found'),
  row('fixed column with a letter', 6, 'l', 'column 7: digits expected, "l" found'),
  row('serial of eleven digits', 7, '93500000007', 'serial: 12 to 24 digits expected'),
  row('PIN of 15 digits', 8, '123456789012345', 'PIN: 16 or 12 digits expected, 15 found'),
  row('PIN encrypted', 8, CIPHERTEXT, 'PIN column is encrypted: decrypt the file first'),
  row('other country', 11, 'tr', 'country: ir expected, "tr" found'),
  {
    name: 'column lost',
    damage: edit(7, (text) => text.replace('|ir', '')),
    line: 7,
    message: '12 columns expected, 11 found',
  },
  {
    name: 'denomination that the catalogue lacks',
    damage: edit(7, (text) => text.replaceAll('50000', '70000')),
    line: 7,
    message: 'unknown denomination: the catalogue has no Irancell product at 70000 rial',
  },
  {
    name: 'second denomination in the file',
    damage: edit(7, (text) => text.replaceAll('50000', '20000')),
    line: 7,
    message: 'the denomination differs from the first row',
  },
  {
    name: 'serial twice, under a blank line at the end',
    damage: (text) => insert(21, '')(copyColumn(2, 20, '|', 7)(text)),
    line: 20,
    message: 'the serial is already on line 2',
  },
])
