// Vouchers that the stock holds already, anywhere in a file: every line of them is named, whether
// it was looked for before its rows were written or after an index refused them.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { StockDuplicates } from '../../voucher-store/import/stock-duplicates.ts'
import type { ImportProgress } from '../../voucher-store/import.ts'
import {
  genericFile,
  importFile,
  type TemporaryStore,
  temporaryStore,
  vouchersFrom,
} from './temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
  await importFile(store, genericFile(vouchersFrom(0, 10)))
})
afterEach(() => store.close())

const countOf = (table: string) =>
  store.database.prepare(`select count(*) from ${table}`).pluck().get()

/** 1,100 vouchers in five writes, those at these places in stock already; line 1 is the header. */
function fileWith(places: readonly number[]): Buffer {
  const old = vouchersFrom(0, places.length)
  const fresh = vouchersFrom(5_000, 1_100)
  return genericFile(fresh.map((voucher, at) => old[places.indexOf(at)] ?? voucher))
}

it.each([
  ['first', [3]],
  ['second', [400]],
  ['last', [1_099]],
  ['first and the last', [0, 1_050]],
  ['second and the third, which are one after another', [499, 500]],
  ['second and all that follow', [251, 505, 760, 1_001]],
])('are named by their lines when they stand in the %s of its writes', async (_, places) => {
  const events: ImportProgress[] = await importFile(store, fileWith(places))
  expect(events.at(-1)).toMatchObject({
    ...{ kind: 'refused', code: 'BATCH_DUPLICATE', moreProblems: 0 },
    problems: places.map((at) => ({
      ...{ line: at + 2, message: 'the serial is already in stock, in batch 1' },
    })),
  })
  expect(['batch', 'lot', 'voucher'].map(countOf)).toEqual([1, 1, 10])
})

it.each([
  ['before any is written', 100],
  ['by an index', 400],
])('are one mistake among others of a file that has more, found %s', async (_, place) => {
  const file = Buffer.concat([fileWith([place]), Buffer.from('1,2,3\n')])
  expect((await importFile(store, file)).at(-1)).toMatchObject({
    ...{ kind: 'refused', code: 'BATCH_REFUSED' },
    problems: [{ line: place + 2 }, { line: 1_102 }],
  })
})

it('begin no batch when the file begins with them', async () => {
  const records = store.records.length
  await importFile(store, fileWith([0]))
  expect(store.records).toHaveLength(records)
})

it('are looked for in the first write, and then only after an index has found one', async () => {
  const among = vi.spyOn(StockDuplicates.prototype, 'among')
  const sizes = () => among.mock.calls.splice(0).map(([rows]) => rows.length)
  await importFile(store, genericFile(vouchersFrom(2_000, 1_100)))
  expect(sizes()).toEqual([250])
  await importFile(store, fileWith([505]))
  expect(sizes()).toEqual([250, 250, 250, 100])
  among.mockRestore()
})
