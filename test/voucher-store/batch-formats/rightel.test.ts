// The RighTel file: the sample, and twenty ways to damage it.
// What all formats tolerate alike is tested in parse-batch.test.ts.

import { describe, expect, it } from 'vitest'
import {
  CIPHERTEXT,
  column,
  copyColumn,
  drop,
  edit,
  optionsFor,
  read,
  refusesDamaged,
  replace,
  sample,
} from './batch-samples.ts'

describe('the RighTel file', () => {
  it('gives 20 vouchers that expire on the date of --expires', async () => {
    const { header, vouchers, problems } = await read(
      sample('rightel.txt'),
      optionsFor('rightel.txt'),
    )
    expect(problems).toEqual([])
    expect(header).toMatchObject({ format: 'rightel', declaredQuantity: 20, reference: '5501' })
    expect(vouchers).toHaveLength(20)
    const common = { product: '092120', expires: 20271231 }
    expect(vouchers[0]).toMatchObject({ line: 7, serial: '921000000001', ...common })
    expect(vouchers[0]?.voucherPin.reveal()).toBe('297028310918274')
    expect(vouchers[19]).toMatchObject({ line: 26, serial: '921000000020', ...common })
    expect(vouchers[19]?.voucherPin.reveal()).toBe('889714698895827')
  })

  it('takes the PIN length of each row', async () => {
    const text = column(9, ';', 1, '12345678')(column(9, ';', 3, '8')(sample('rightel.txt')))
    const { vouchers, problems } = await read(text, optionsFor('rightel.txt'))
    expect(problems).toEqual([])
    expect(vouchers[2]?.voucherPin.reveal()).toBe('12345678')
  })

  it('begins with the serial of its header, leading zeros and all', async () => {
    const text = replace('startcardno: ', 'startcardno: 0')(sample('rightel.txt'))
    const { problems } = await read(text, optionsFor('rightel.txt'))
    const message = 'the first serial is not the start serial of line 4'
    expect(problems).toEqual([{ line: 7, message }])
  })

  it.each([
    [39, 'PIN: 15 digits stated'],
    [40, 'PIN column is encrypted: decrypt the file first'],
  ])('has %i letters for a PIN: %s', async (letters, message) => {
    const text = column(12, ';', 1, 'a'.repeat(letters))(sample('rightel.txt'))
    const { problems } = await read(text, optionsFor('rightel.txt'))
    expect(problems).toMatchObject([{ line: 12, message }])
  })
})

const row = (name: string, index: number, value: string, message: string) => ({
  name,
  damage: column(12, ';', index, value),
  line: 12,
  message,
})

refusesDamaged('rightel.txt', [
  row('serial with a letter', 0, '92100000000A', 'serial: 6 to 24 digits expected'),
  row('serial missing', 0, '', 'serial: 6 to 24 digits expected'),
  row('PIN of 14 digits', 1, '12345678901234', 'PIN: 15 digits stated, 14 found'),
  row('PIN encrypted', 1, CIPHERTEXT, 'PIN column is encrypted: decrypt the file first'),
  row('third column with a letter', 2, 'x', 'column 3: digits expected, "x" found'),
  row('PIN length of nothing', 3, '0', 'PIN length: a number from 8 to 24 expected, "0" found'),
  row('PIN length too high', 3, '25', 'PIN length: a number from 8 to 24 expected, "25" found'),
  {
    name: 'other separator',
    damage: edit(12, (text) => text.replaceAll(';', ',')),
    line: 12,
    message: '4 columns expected, 1 found',
  },
  {
    name: 'quantity too high',
    damage: replace('quantity: 20', 'quantity: 200'),
    line: 1,
    message: 'the header says 200 vouchers, the file holds 20',
  },
  {
    name: 'quantity that is no number',
    damage: replace('quantity: 20', 'quantity: twenty'),
    line: 1,
    message: 'quantity: a whole number of 1 or more expected, "twenty" found',
  },
  {
    name: 'quantity line lost',
    damage: drop(1),
    line: 1,
    message: '"quantity:" expected, "par value" found',
  },
  {
    name: 'denomination that the catalogue lacks',
    damage: replace('200000', '250000'),
    line: 2,
    message: 'unknown denomination: the catalogue has no RighTel product at 250000 rial',
  },
  {
    name: 'batch number missing',
    damage: replace('batchno: 5501', 'batchno: '),
    line: 3,
    message: 'batchno: digits expected',
  },
  {
    name: 'start card number of another file',
    damage: replace('startcardno: 921000000001', 'startcardno: 921000000002'),
    line: 7,
    message: 'the first serial is not the start serial of line 4',
  },
  {
    name: 'start card number too short',
    damage: replace('startcardno: 921000000001', 'startcardno: 92100'),
    line: 4,
    message: 'startcardno: serial: 6 to 24 digits expected',
  },
  {
    name: 'creation on no day',
    damage: replace('2026-07-01', '2026-06-31'),
    line: 5,
    message: 'create date: there is no such day, "2026-06-31" found',
  },
  { name: 'start mark lost', damage: drop(6), line: 6, message: '"start" expected' },
  {
    name: 'end mark lost',
    damage: drop(27),
    line: 26,
    message: 'the file is cut off: "end" is missing after 20 of 20 rows',
  },
  {
    name: 'second file behind the first',
    damage: (text) => text + text,
    line: 28,
    message: 'a row after the end mark "end"',
  },
  {
    name: 'PIN twice',
    damage: copyColumn(7, 8, ';', 1),
    line: 8,
    message: 'the PIN is already on line 7',
  },
])
