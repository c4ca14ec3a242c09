// The old and the new MCI file: the samples, and twenty ways to damage each.
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

const shorter = (text: string) => text.slice(1)

describe('the old MCI file', () => {
  it('gives 20 vouchers of the 50,000 product with the full date of expiry', async () => {
    const { header, vouchers, count, problems } = await read(
      sample('mci-old.txt'),
      optionsFor('mci-old.txt'),
    )
    expect(problems).toEqual([])
    expect(header).toMatchObject({ format: 'mci-old', declaredQuantity: 20, reference: '4410' })
    expect([count, vouchers.length]).toEqual([20, 20])
    const common = { product: '091905', expires: 20280501 }
    expect(vouchers[0]).toMatchObject({ line: 12, serial: '100000000001', ...common })
    expect(vouchers[0]?.voucherPin.reveal()).toBe('8996936603294')
    expect(vouchers[19]).toMatchObject({ line: 31, serial: '100000000020', ...common })
    expect(vouchers[19]?.voucherPin.reveal()).toBe('9237922094181')
  })

  it.each([
    ['19417', '091902'],
    ['48544', '091905'],
    ['97087', '091910'],
    ['194175', '091920'],
  ])('takes the face value %s, net of VAT, as product %s', async (net, product) => {
    const text = sample('mci-old.txt').replace('48544', net)
    const { vouchers, problems } = await read(text, optionsFor('mci-old.txt'))
    expect(problems).toEqual([])
    expect(new Set(vouchers.map((voucher) => voucher.product))).toEqual(new Set([product]))
  })

  it('shows all problems of a header at once', async () => {
    const text = sample('mci-old.txt').replace('IRR', 'USD').replace('MCI', 'MTN')
    const { header, problems } = await read(text, optionsFor('mci-old.txt'))
    expect(header).toBeUndefined()
    expect(problems.map((problem) => problem.line)).toEqual([7, 9])
  })
})

refusesDamaged('mci-old.txt', [
  {
    name: 'quantity too high',
    damage: replace('Quantity: 20', 'Quantity: 21'),
    line: 2,
    message: 'the header says 21 vouchers, the file holds 20',
  },
  {
    name: 'last row lost',
    damage: drop(31),
    line: 2,
    message: 'the header says 20 vouchers, the file holds 19',
  },
  {
    name: 'quantity line lost',
    damage: drop(2),
    line: 2,
    message: '"Quantity:" expected, "Created Date" found',
  },
  {
    name: 'first line lost',
    damage: drop(1),
    line: 1,
    message: '"Batch:" expected, "Quantity" found',
  },
  {
    name: 'quantity of nothing',
    damage: replace('Quantity: 20', 'Quantity: 0'),
    line: 2,
    message: 'Quantity: a whole number of 1 or more expected, "0" found',
  },
  {
    name: 'batch number with a letter',
    damage: replace('Batch: 4410', 'Batch: 44I0'),
    line: 1,
    message: 'Batch: digits expected, "44I0" found',
  },
  {
    name: 'day that no month has',
    damage: replace('2026-05-01', '2026-02-30'),
    line: 3,
    message: 'Created Date: there is no such day, "2026-02-30" found',
  },
  {
    name: 'expiry before creation',
    damage: replace('2028-05-01', '2026-04-30'),
    line: 4,
    message: 'Expired Date is before Created Date',
  },
  {
    name: 'batch already expired',
    damage: (text) => text.replace('2026-05-01', '2025-05-01').replace('2028-05-01', '2026-06-30'),
    line: 4,
    message: 'expired on 2026-06-30',
  },
  {
    name: 'day and year swapped',
    damage: replace('2028-05-01', '01-05-2028'),
    line: 4,
    message: 'Expired Date: a date YYYY-MM-DD expected',
  },
  {
    name: 'Solar Hijri date',
    damage: replace('2028-05-01', '1407-02-11'),
    line: 4,
    message: 'Expired Date: the year is not Gregorian, "1407-02-11" found',
  },
  {
    name: 'face value with VAT',
    damage: replace('48544', '50000'),
    line: 5,
    message: 'unknown denomination: Face Value must be one of 19417, 48544, 97087, 194175',
  },
  {
    name: 'face value with a separator',
    damage: replace('48544', '48,544'),
    line: 5,
    message: 'Face Value: an amount in whole rials expected, "48,544" found',
  },
  {
    name: 'another company',
    damage: replace('Provider: MCI', 'Provider: MTN'),
    line: 7,
    message: 'Service Provider: MCI expected, "MTN" found',
  },
  {
    name: 'another currency',
    damage: replace('IRR', 'USD'),
    line: 9,
    message: 'Card Currency: IRR expected, "USD" found',
  },
  {
    name: 'first row lost',
    damage: (text) => drop(12)(text).replace('Quantity: 20', 'Quantity: 19'),
    line: 12,
    message: 'the first serial is not the start serial of line 10',
  },
  {
    name: 'blank line after the header lost',
    damage: drop(11),
    line: 11,
    message: 'a blank line expected between header and rows',
  },
  {
    name: 'PIN without its first digit',
    damage: column(20, ' ', 1, shorter),
    line: 20,
    message: 'PIN: 13 digits expected, 12 found',
  },
  {
    name: 'serial twice',
    damage: copyColumn(15, 20, ' ', 0),
    line: 20,
    message: 'the serial is already on line 15',
  },
  {
    name: 'PIN twice',
    damage: copyColumn(12, 31, ' ', 1),
    line: 31,
    message: 'the PIN is already on line 12',
  },
])

describe('the new MCI file', () => {
  it('gives 20 vouchers of the 100,000 product', async () => {
    const { header, vouchers, problems } = await read(
      sample('mci-new.txt'),
      optionsFor('mci-new.txt'),
    )
    expect(problems).toEqual([])
    expect(header).toMatchObject({
      format: 'mci-new',
      declaredQuantity: 20,
      reference: '77123',
      validFrom: 20260601,
      expires: 20280601,
    })
    expect(vouchers).toHaveLength(20)
    const common = { product: '091910', expires: 20280601 }
    expect(vouchers[0]).toMatchObject({ line: 40, serial: '190000000001', ...common })
    expect(vouchers[0]?.voucherPin.reveal()).toBe('256411317429775')
    expect(vouchers[19]).toMatchObject({ line: 59, serial: '190000000020', ...common })
    expect(vouchers[19]?.voucherPin.reveal()).toBe('694745043204288')
  })
})

refusesDamaged('mci-new.txt', [
  {
    name: 'quantity too low',
    damage: replace('Quantity: 20', 'Quantity: 19'),
    line: 2,
    message: 'the header says 19 vouchers, the file holds 20',
  },
  {
    name: 'end mark lost',
    damage: drop(60),
    line: 59,
    message: 'the file is cut off: "[END]" is missing after 20 of 20 rows',
  },
  {
    name: 'cut off after ten rows',
    damage: (text) => text.split('\n').slice(0, 49).join('\n'),
    line: 49,
    message: 'the file is cut off: "[END]" is missing after 10 of 20 rows',
  },
  {
    name: 'cut off within the header',
    damage: (text) => text.split('\n').slice(0, 5).join('\n'),
    line: 6,
    message: 'the header is cut off: "StopDate:" expected',
  },
  {
    name: 'row after the end',
    damage: (text) => `${text}190000000021 111111111111111\n`,
    line: 61,
    message: 'a row after the end mark "[END]"',
  },
  {
    name: 'begin mark lost',
    damage: drop(39),
    line: 39,
    message: '"[BEGIN]" expected',
  },
  {
    name: 'package id without a value',
    damage: replace('PackageId: 77123', 'PackageId:'),
    line: 1,
    message: 'PackageId: digits expected',
  },
  {
    name: 'denomination that the catalogue lacks',
    damage: replace('FaceValue: 100000', 'FaceValue: 300000'),
    line: 4,
    message: 'unknown denomination: the catalogue has no MCI product at 300000 rial',
  },
  {
    name: 'face value that is no number',
    damage: replace('FaceValue: 100000', 'FaceValue: 100K'),
    line: 4,
    message: 'FaceValue: an amount in whole rials expected, "100K" found',
  },
  {
    name: 'end before start',
    damage: replace('2028-06-01', '2026-05-31'),
    line: 6,
    message: 'StopDate is before StartDate',
  },
  {
    name: 'thirteenth month',
    damage: replace('2028-06-01', '2028-13-01'),
    line: 6,
    message: 'StopDate: there is no such day, "2028-13-01" found',
  },
  {
    name: 'batch already expired',
    damage: (text) => text.replace('2026-06-01', '2024-06-01').replace('2028-06-01', '2026-06-01'),
    line: 6,
    message: 'expired on 2026-06-01',
  },
  {
    name: 'amounts in toman',
    damage: replace('Currency: IRR', 'Currency: IRT'),
    line: 7,
    message: 'Currency: IRR expected, "IRT" found',
  },
  {
    name: 'resource line lost',
    damage: drop(12),
    line: 12,
    message: '"Resleft2:" expected, "ResActiveDays2" found',
  },
  {
    name: 'resource that is no number',
    damage: replace('ResActiveDays1: 365', 'ResActiveDays1: one year'),
    line: 10,
    message: 'ResActiveDays1: digits expected, "one year" found',
  },
  {
    name: 'start sequence of another file',
    damage: replace('Start_Sequence: 190000000001', 'Start_Sequence: 190000000021'),
    line: 40,
    message: 'the first serial is not the start serial of line 38',
  },
  {
    name: 'third column in a row',
    damage: edit(45, (text) => `${text} 7`),
    line: 45,
    message: 'PIN: 15 digits expected',
  },
  {
    name: 'serial with a letter',
    damage: column(45, ' ', 0, (serial) => serial.replace('0', 'O')),
    line: 45,
    message: 'serial: 12 to 24 digits expected',
  },
  {
    name: 'encrypted PIN column',
    damage: (text) => text.replace(/^(\d{12}) \d{15}$/gm, `$1 ${CIPHERTEXT}`),
    line: 40,
    message: 'PIN column is encrypted: decrypt the file first',
  },
  {
    name: 'row twice',
    damage: (text) => insert(50, text.split('\n')[44] ?? '')(text).replace('y: 20', 'y: 21'),
    line: 50,
    message: 'the serial is already on line 45',
  },
])
