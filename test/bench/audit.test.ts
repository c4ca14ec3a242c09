// The audit of the benchmark finds each way in which the three sides can disagree.

import { expect, it } from 'vitest'
import { audited, type SoldSale } from '../../bench/audit.ts'

const ONE: SoldSale = { rrn: '633000000001', amount: 50_000, serials: ['932'] }
const TWO: SoldSale = { rrn: '633000000002', amount: 50_000, serials: ['933'] }
const BOOKS = [
  ...['D 633000000001 50000', 'D 633000000002 50000'],
  ...['R 633000000001 932', 'R 633000000002 933', ''],
]

it('finds nothing where all three sides have the same sales', () => {
  expect(audited([ONE, TWO], BOOKS)).toEqual({ sold: 2, doubleSold: 0, difference: 0 })
})

it('takes a debit that was reversed for none', () => {
  const books = [...BOOKS, 'D 633000000003 50000', 'X 633000000003']
  expect(audited([ONE, TWO], books)).toMatchObject({ difference: 0 })
})

it.each<[string, SoldSale[], string[]]>([
  ['a debit without a sale', [ONE], BOOKS.filter((line) => line !== 'R 633000000002 933')],
  ['a sale without a debit', [ONE, TWO], BOOKS.slice(1)],
  ['a sale that was debited twice', [ONE, TWO], [...BOOKS, 'D 633000000001 50000']],
  ['a sale that was reversed', [ONE, TWO], [...BOOKS, 'X 633000000001']],
  ['a debit of another amount', [ONE, { ...TWO, amount: 1 }], BOOKS],
  ['a sale that no terminal was shown', [ONE, TWO], BOOKS.slice(0, 3)],
  ['a receipt of no sale', [ONE, TWO], [...BOOKS, 'R 633000000009 999']],
  ['a receipt with another voucher', [ONE, { ...TWO, serials: ['934'] }], BOOKS],
])('counts %s', (_, sold, books) => {
  expect(audited(sold, books).difference).toBe(1)
})

it('counts a voucher of two sales, whether the store or the receipts show it', () => {
  const twice = { ...TWO, serials: ['932'] }
  expect(audited([ONE, twice], BOOKS).doubleSold).toBeGreaterThan(0)
  const books = [...BOOKS.slice(0, 3), 'R 633000000002 932']
  expect(audited([ONE, TWO], books).doubleSold).toBeGreaterThan(0)
})
