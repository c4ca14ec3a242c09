// The comparison of receipts and ledger names each way in which they can differ.

import { expect, it } from 'vitest'
import { compareOutside } from './three-sides.ts'

const one = { rrn: '632600000001', vouchers: '011113SN17310594862173' }
const two = { rrn: '632600000002', vouchers: '011113SN27400812193506' }
const sides = (receipts: (typeof one)[], debits: string[]) => ({
  receipts,
  shown: [],
  netDebits: debits.map((rrn) => ({ rrn })),
  ledger: '',
})

it.each([
  ['nothing where they agree', sides([one, two], [one.rrn, two.rrn]), []],
  ['a receipt without its debit', sides([one], []), [/a receipt with 0 net debits/]],
  ['a receipt debited twice', sides([one], [one.rrn, one.rrn]), [/with 2 net debits/]],
  ['a debit without a receipt', sides([one], [one.rrn, two.rrn]), [/debited without a receipt/]],
  [
    'one voucher on two receipts',
    sides([one, { ...two, vouchers: one.vouchers }], [one.rrn, two.rrn]),
    [/one voucher on the receipts/],
  ],
  [
    'a voucher that was shown to another before',
    { ...sides([one], [one.rrn]), shown: [{ ...two, vouchers: one.vouchers }] },
    [/one voucher on the receipts/],
  ],
  [
    'a receipt without a voucher',
    sides([{ ...one, vouchers: '' }], [one.rrn]),
    [/without a voucher/],
  ],
])('%s', (_, given, expected) => {
  const found = compareOutside(given)
  expect(found).toHaveLength(expected.length)
  for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern)
})
