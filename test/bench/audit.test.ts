// The audit of the benchmark finds each way in which the three sides can disagree.

import { expect, it } from 'vitest'
import { audited, type SoldSale } from '../../bench/audit.ts'

const sale = (last: string, serial: string, tid: string): SoldSale => {
  return { rrn: `63300000000${last}`, amount: 50_000, tid, serials: [serial] }
}
const ONE = sale('1', '932', '10000001')
const TWO = sale('2', '933', '10000002')
const SHOWN_ONE = 'R 633000000001 10000001 932 5932'
const SHOWN_TWO = 'R 633000000002 10000002 933 5933'
const DEBITS = ['D 633000000001 50000', 'D 633000000002 50000']
const BOOKS = [...DEBITS, SHOWN_ONE, SHOWN_TWO, '']
const judged = (sold: SoldSale[], books: string[]) => audited(sold, books, (of) => `5${of}`)

it('finds nothing where all three sides have the same sales', () => {
  expect(judged([ONE, TWO], BOOKS)).toEqual({ sold: 2, doubleSold: 0, difference: 0 })
})

it('takes a debit that was reversed for none', () => {
  const books = [...BOOKS, 'D 633000000003 50000', 'X 633000000003']
  expect(judged([ONE, TWO], books)).toMatchObject({ difference: 0 })
})

it.each<[string, SoldSale[], string[]]>([
  ['a debit without a sale', [ONE], BOOKS.filter((line) => line !== SHOWN_TWO)],
  ['a sale without a debit', [ONE, TWO], BOOKS.slice(1)],
  ['a sale that was debited twice', [ONE, TWO], [...BOOKS, 'D 633000000001 50000']],
  ['a sale that was reversed', [ONE, TWO], [...BOOKS, 'X 633000000001']],
  ['a debit of another amount', [ONE, { ...TWO, amount: 1 }], BOOKS],
  ['a sale that no terminal was shown', [ONE, TWO], BOOKS.slice(0, 3)],
  ['a receipt of no sale', [ONE, TWO], [...BOOKS, 'R 633000000009 10000001 999 5999']],
  [
    'a receipt with the PIN of another voucher',
    [ONE, TWO],
    [...DEBITS, SHOWN_ONE, `${SHOWN_TWO}0`],
  ],
  [
    'a receipt that was another one before',
    [ONE, TWO],
    [...DEBITS, SHOWN_ONE, SHOWN_TWO.replaceAll('933', '934'), SHOWN_TWO],
  ],
  ['a sale of another terminal', [ONE, { ...TWO, tid: ONE.tid }], BOOKS],
  ['a receipt with another voucher', [ONE, { ...TWO, serials: ['934'] }], BOOKS],
])('counts %s', (_, sold, books) => {
  expect(judged(sold, books).difference).toBe(1)
})

it('counts a voucher of two sales, whether the store or the receipts show it', () => {
  const twice = { ...TWO, serials: ['932'] }
  expect(judged([ONE, twice], BOOKS).doubleSold).toBeGreaterThan(0)
  const books = [...BOOKS.slice(0, 3), SHOWN_TWO.replaceAll('933', '932')]
  expect(judged([ONE, TWO], books).doubleSold).toBeGreaterThan(0)
})
