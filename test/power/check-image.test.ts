// The judge of an image keeps quiet about a store that keeps its promises, and names each one that
// a store breaks.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { addSale, stockedStore, type TemporaryStore } from '../voucher-store/temporary-store.ts'
import { judge } from './check-image.ts'
import type { Promised } from './promises.ts'

let store: TemporaryStore

beforeEach(async () => {
  store = await stockedStore(1, 4)
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await addSale(store, { id: 2, voucherIds: [2] }, 'reversing')
  await addSale(store, { id: 3, voucherIds: [3] }, 'intent')
})
afterEach(() => store.close())

const identity = { tid: '10000001', date: '0701', time: '113000', stan: '000001' }
const sold: Promised & { kind: 'answer' } = {
  ...{ kind: 'answer', identity, rrn: '618200000001', rc: '00' },
  serials: ['93200000001'],
}
const kept: Promised[] = [
  sold,
  {
    ...sold,
    identity: { ...identity, stan: '000002' },
    rrn: '618200000002',
    rc: '68',
    serials: [],
  },
  { kind: 'debit', stan: '000003', transmission: '0701080000' },
  { kind: 'undoing', stan: '000002', transmission: '0701080000' },
  { kind: 'cancelled', identity: { ...identity, stan: '000002' } },
]

it('finds nothing where every promise is kept', () => {
  expect(judge(store.database, kept)).toEqual([])
})

it.each<[string, Promised]>([
  ['an answer that is not stored', { ...sold, identity: { ...identity, stan: '000009' } }],
  ['another response code', { ...sold, rc: '51' }],
  ['another retrieval reference', { ...sold, rrn: '618200000008' }],
  ['another voucher', { ...sold, serials: ['93200000004'] }],
  ['a voucher too few', { ...sold, serials: [] }],
  ['an approval that has no outcome', { ...sold, identity: { ...identity, stan: '000003' } }],
  ['a confirmation that is lost', { kind: 'confirmed', rrn: '618200000001' }],
  ['a reversal that is lost', { kind: 'cancelled', identity }],
  [
    'a reversal of a sale that never came, which is lost',
    { kind: 'cancelled', identity: { ...identity, stan: '000007' } },
  ],
  ['a debit without an intent', { kind: 'debit', stan: '000004', transmission: '0701080000' }],
  ['an advice without a row', { kind: 'undoing', stan: '000001', transmission: '0701080000' }],
])('names %s', (_, promised) => {
  expect(judge(store.database, [...kept, promised])).toHaveLength(1)
})
