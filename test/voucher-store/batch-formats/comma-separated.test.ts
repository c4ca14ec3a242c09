// The aggregator file and the generic CSV: the samples, and twenty ways to damage each.
// What all formats tolerate alike is tested in parse-batch.test.ts.

import { describe, expect, it } from 'vitest'
import {
  CIPHERTEXT,
  column,
  copyColumn,
  drop,
  edit,
  insert,
  optionsFor,
  read,
  refusesDamaged,
  replace,
  sample,
} from './batch-samples.ts'

describe('the aggregator file', () => {
  it('gives 20 vouchers of MCI and Irancell mixed', async () => {
    const { header, vouchers, problems } = await read(
      sample('aggregator.csv'),
      optionsFor('aggregator.csv'),
    )
    expect(problems).toEqual([])
    expect(header).toMatchObject({ format: 'aggregator', reference: '9001', expires: 20271231 })
    expect(vouchers).toHaveLength(20)
    expect(vouchers[0]).toMatchObject({ line: 2, serial: '196000000001', product: '091902' })
    expect(vouchers[0]?.voucherPin.reveal()).toBe('672075308840872')
    expect(vouchers[19]).toMatchObject({ line: 21, serial: '936000000020', product: '093502' })
    expect(vouchers[19]?.voucherPin.reveal()).toBe('0871043382683136')
  })

  it('does not need its trailer', async () => {
    const text = drop(22)(sample('aggregator.csv'))
    const { vouchers, problems } = await read(text, optionsFor('aggregator.csv'))
    expect(problems).toEqual([])
    expect(vouchers).toHaveLength(20)
  })

  it('takes the same serial from two mobile operators', async () => {
    const text = column(3, ',', 4, '196000000001')(sample('aggregator.csv'))
    const { vouchers, problems } = await read(text, optionsFor('aggregator.csv'))
    expect(problems).toEqual([])
    expect(vouchers[1]?.serial).toBe(vouchers[0]?.serial)
  })

  it('is of one file, whose number has its zeros too', async () => {
    const text = column(8, ',', 3, '09001')(sample('aggregator.csv'))
    const { problems } = await read(text, optionsFor('aggregator.csv'))
    expect(problems).toMatchObject([{ line: 8, message: 'fileId differs from the first row' }])
  })
})

const aggregatorRow = (name: string, index: number, value: string, message: string) => ({
  name,
  damage: column(8, ',', index, value),
  line: 8,
  message,
})

refusesDamaged('aggregator.csv', [
  aggregatorRow('unknown company', 0, 'RTL', 'unknown company: MCI or MTN expected, "RTL" found'),
  aggregatorRow(
    'company in small letters',
    0,
    'mci',
    'unknown company: MCI or MTN expected, "mci" found',
  ),
  aggregatorRow(
    'amount with a point',
    1,
    '20.000',
    'amount: an amount in whole rials expected, "20.000" found',
  ),
  aggregatorRow(
    'amount below zero',
    1,
    '-20000',
    'amount: an amount in whole rials expected, "-20000" found',
  ),
  aggregatorRow(
    'denomination that the catalogue lacks',
    1,
    '30000',
    'unknown denomination: the catalogue has no MCI product at 30000 rial',
  ),
  aggregatorRow('PIN length missing', 2, '', 'PIN length: a number from 8 to 24 expected'),
  aggregatorRow('other PIN length', 2, '16', 'PIN: 16 digits stated, 15 found'),
  aggregatorRow('other file', 3, '9002', 'fileId differs from the first row'),
  aggregatorRow('file id with a letter', 3, '9OO1', 'fileId: 1 to 7 digits expected, "9OO1" found'),
  aggregatorRow('serial too short', 4, '19600', 'serial: 6 to 24 digits expected'),
  aggregatorRow(
    'serial rewritten by a spreadsheet',
    4,
    '1.96E+11',
    'serial: 6 to 24 digits expected',
  ),
  aggregatorRow('sixth column missing', 5, '', 'column 6: digits expected'),
  aggregatorRow(
    'PIN without its leading zero',
    6,
    '73562708203183',
    'PIN: 15 digits stated, 14 found',
  ),
  aggregatorRow('PIN encrypted', 6, CIPHERTEXT, 'PIN column is encrypted: decrypt the file first'),
  {
    name: 'title line lost',
    damage: drop(1),
    line: 1,
    message: 'the title line must be "operator,amount,pinlen,fileId,serial,x,pin"',
  },
  {
    name: 'title in another order',
    damage: replace('serial,x,pin', 'pin,x,serial'),
    line: 1,
    message: 'the title line must be "operator,amount,pinlen,fileId,serial,x,pin"',
  },
  {
    name: 'trailer of four commas',
    damage: replace(',,,,,,', ',,,,'),
    line: 22,
    message: '7 columns expected, 5 found',
  },
  {
    name: 'row after the trailer',
    damage: (text) => `${text}MCI,20000,15,9001,196000000021,0,111111111111111\n`,
    line: 23,
    message: 'a row after the end mark ",,,,,,"',
  },
  {
    name: 'no rows',
    damage: (text) => text.split('\n').slice(0, 1).join('\n'),
    line: 1,
    message: 'the file holds no vouchers',
  },
  {
    name: 'serial twice',
    damage: copyColumn(2, 8, ',', 4),
    line: 8,
    message: 'the serial is already on line 2',
  },
])

describe('the generic CSV', () => {
  it('gives 20 vouchers with product and date of each row', async () => {
    const { header, vouchers, problems } = await read(
      sample('generic.csv'),
      optionsFor('generic.csv'),
    )
    expect(problems).toEqual([])
    expect(header).toMatchObject({ format: 'generic', reference: undefined })
    expect(vouchers).toHaveLength(20)
    const common = { product: '093205', expires: 20281231 }
    expect(vouchers[0]).toMatchObject({ line: 2, serial: '93200000001', ...common })
    expect(vouchers[0]?.voucherPin.reveal()).toBe('31049845905120')
    expect(vouchers[19]).toMatchObject({ line: 21, serial: '93200000020', ...common })
    expect(vouchers[19]?.voucherPin.reveal()).toBe('36067084116877')
  })

  it('may mix products and dates', async () => {
    const text = column(4, ',', 2, '091901')(column(4, ',', 3, '2027-02-28')(sample('generic.csv')))
    const { vouchers, problems } = await read(text, optionsFor('generic.csv'))
    expect(problems).toEqual([])
    expect(vouchers[2]).toMatchObject({ product: '091901', expires: 20270228 })
  })

  it('may quote its values', async () => {
    const text = sample('generic.csv').replace(/[^,\n]+/g, '"$&"')
    const { vouchers, problems } = await read(text, optionsFor('generic.csv'))
    expect(problems).toEqual([])
    expect(vouchers).toHaveLength(20)
  })

  it('takes PINs of 8 to 24 digits', async () => {
    const text = column(
      4,
      ',',
      1,
      '1'.repeat(8),
    )(column(5, ',', 1, '2'.repeat(24))(sample('generic.csv')))
    const { problems } = await read(text, optionsFor('generic.csv'))
    expect(problems).toEqual([])
  })
})

const genericRow = (name: string, index: number, value: string, message: string) => ({
  name,
  damage: column(10, ',', index, value),
  line: 10,
  message,
})

refusesDamaged('generic.csv', [
  genericRow('serial missing', 0, '', 'serial: 6 to 24 digits expected'),
  genericRow('serial of 25 digits', 0, '1'.repeat(25), 'serial: 6 to 24 digits expected'),
  genericRow('serial with a space', 0, '932000 00009', 'serial: 6 to 24 digits expected'),
  genericRow('PIN missing', 1, '', 'PIN: 8 to 24 digits expected'),
  genericRow('PIN of 7 digits', 1, '1234567', 'PIN: 8 to 24 digits expected, 7 found'),
  genericRow('PIN of 25 digits', 1, '1'.repeat(25), 'PIN: 8 to 24 digits expected, 25 found'),
  genericRow('PIN with dashes', 1, '1280-7175-6145-13', 'PIN: 8 to 24 digits expected'),
  genericRow('PIN encrypted', 1, CIPHERTEXT, 'PIN column is encrypted: decrypt the file first'),
  genericRow('product of five digits', 2, '93205', 'product: 6 digits expected, "93205" found'),
  genericRow('unknown product', 2, '093299', 'unknown product: 093299 is not in the catalogue'),
  genericRow(
    '29 February in a common year',
    3,
    '2027-02-29',
    'expiry: there is no such day, "2027-02-29" found',
  ),
  genericRow('date with slashes', 3, '2028/12/31', 'expiry: a date YYYY-MM-DD expected'),
  genericRow('date missing', 3, '', 'expiry: a date YYYY-MM-DD expected'),
  genericRow(
    'Solar Hijri date',
    3,
    '1407-10-10',
    'expiry: the year is not Gregorian, "1407-10-10" found',
  ),
  genericRow('expired voucher', 3, '2026-06-30', 'expired on 2026-06-30'),
  {
    name: 'fifth column',
    damage: edit(10, (text) => `${text},`),
    line: 10,
    message: '4 columns expected, 5 found',
  },
  {
    name: 'title line lost',
    damage: drop(1),
    line: 1,
    message: 'the title line must be "serial,pin,product,expiry"',
  },
  {
    name: 'title with a column too many',
    damage: replace('product,expiry', 'product,expiry,note'),
    line: 1,
    message: 'the title line must be "serial,pin,product,expiry"',
  },
  {
    name: 'line of spaces within',
    damage: insert(10, '   '),
    line: 10,
    message: 'a blank line among the rows',
  },
  {
    name: 'PIN twice',
    damage: copyColumn(5, 10, ',', 1),
    line: 10,
    message: 'the PIN is already on line 5',
  },
])
