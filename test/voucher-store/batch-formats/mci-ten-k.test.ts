// The MCI file of 10,000 rial vouchers: the sample, and twenty ways to damage it.
// What all formats tolerate alike is tested in parse-batch.test.ts.

import { describe, expect, it } from 'vitest'
import {
  CIPHERTEXT,
  catalogue,
  column,
  copyColumn,
  edit,
  insert,
  optionsFor,
  read,
  refusesDamaged,
  sample,
} from './batch-samples.ts'

describe('the MCI file of 10,000 rial vouchers', () => {
  it('gives 20 vouchers with the date of each row', async () => {
    const { header, vouchers, problems } = await read(
      sample('mci-10k.csv'),
      optionsFor('mci-10k.csv'),
    )
    expect(problems).toEqual([])
    expect(header).toMatchObject({ format: 'mci-10k', expires: undefined })
    expect(vouchers).toHaveLength(20)
    const common = { product: '091901', expires: 20280815 }
    expect(vouchers[0]).toMatchObject({ line: 1, serial: '20000000001', ...common })
    expect(vouchers[0]?.voucherPin.reveal()).toBe('57294502228400')
    expect(vouchers[19]).toMatchObject({ line: 20, serial: '20000000020', ...common })
    expect(vouchers[19]?.voucherPin.reveal()).toBe('05417673496738')
  })

  it('needs a 10,000 rial product in the catalogue', async () => {
    const options = optionsFor('mci-10k.csv')
    const without = { ...catalogue, product: () => undefined }
    const { problems } = await read(sample('mci-10k.csv'), { ...options, catalogue: without })
    expect(problems).toMatchObject([
      {
        line: 1,
        message: 'unknown denomination: the catalogue has no MCI product at 10000 rial',
      },
    ])
  })

  it.each(['JAN', 'feb', 'Mar', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'])(
    'knows the month %s',
    async (name) => {
      const text = sample('mci-10k.csv').replaceAll('AUG', name)
      const { vouchers, problems } = await read(text, optionsFor('mci-10k.csv'))
      expect(problems).toEqual([])
      const month = new Date(`1 ${name} 2028 UTC`).getUTCMonth() + 1
      expect(vouchers[7]?.expires).toBe(20280015 + month * 100)
    },
  )
})

const tenK = (name: string, index: number, value: string, message: string) => ({
  name,
  damage: column(9, ',', index, value),
  line: 9,
  message,
})

refusesDamaged('mci-10k.csv', [
  tenK('serial of ten digits', 0, '2000000009', 'serial: 11 digits expected'),
  tenK('serial of twelve digits', 0, '200000000090', 'serial: 11 digits expected'),
  tenK('serial missing', 0, '', 'serial: 11 digits expected'),
  tenK('serial rewritten by a spreadsheet', 0, '2E+10', 'serial: 11 digits expected'),
  tenK('PIN of 13 digits', 1, '1234567890123', 'PIN: 14 digits expected, 13 found'),
  tenK('PIN of 15 digits', 1, '123456789012345', 'PIN: 14 digits expected, 15 found'),
  tenK('PIN rewritten by a spreadsheet', 1, '1.84256E+13', 'PIN: 14 digits expected'),
  tenK('PIN encrypted', 1, CIPHERTEXT, 'PIN column is encrypted: decrypt the file first'),
  tenK('unknown type', 2, '36', 'type: 35 or 37 expected, "36" found'),
  tenK('other amount', 3, '20000.0', 'unknown denomination: 10000.0 expected, "20000.0" found'),
  tenK(
    'amount with a fraction',
    3,
    '10000.5',
    'unknown denomination: 10000.0 expected, "10000.5" found',
  ),
  tenK('other currency', 4, 'EUR', 'currency: IRR expected, "EUR" found'),
  tenK(
    'misspelt month',
    5,
    '15-AVG-2028',
    'expiry: a date DD-MON-YYYY expected, "15-AVG-2028" found',
  ),
  tenK(
    'year of two digits',
    5,
    '15-AUG-28',
    'expiry: a date DD-MON-YYYY expected, "15-AUG-28" found',
  ),
  tenK(
    'day that no month has',
    5,
    '31-SEP-2028',
    'expiry: there is no such day, "31-SEP-2028" found',
  ),
  tenK('expired voucher', 5, '30-JUN-2026', 'expired on 2026-06-30'),
  tenK('other PIN length', 6, '15', 'PIN length: 14 expected, "15" found'),
  {
    name: 'column lost',
    damage: edit(9, (text) => text.replace(',IRR', '')),
    line: 9,
    message: '7 columns expected, 6 found',
  },
  {
    name: 'blank line within',
    damage: insert(9, ''),
    line: 9,
    message: 'a blank line among the rows',
  },
  {
    name: 'PIN twice',
    damage: copyColumn(3, 9, ',', 1),
    line: 9,
    message: 'the PIN is already on line 3',
  },
])
