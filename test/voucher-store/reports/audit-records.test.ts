// The acts of administration of a period, page by page: each with the hash before it, none twice
// and none left out.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { auditRecords } from '../../../voucher-store/reports/audit-records.ts'
import { addSale, must, NOW, stockedStore, type TemporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

const at = (after: number, limit: number, period = { fromMs: NOW + 1, toMs: NOW + 5 }) =>
  auditRecords(store.database, { ...period, after, limit })

async function acts(...moments: number[]): Promise<void> {
  for (const atMs of moments) {
    const act = { kind: 'admin', action: 'test', by: 'sara', detail: {}, statements: [] } as const
    await must(store.journal.write({ ...act, atMs }))
    await addSale(store, { id: atMs - NOW + 10, voucherIds: [1], atMs }, 'declined')
  }
}

it('come page by page to their end, with sales between them', async () => {
  await acts(NOW + 1, NOW + 2, NOW + 3, NOW + 4, NOW + 5)
  const pages = [at(0, 2)]
  for (let page = pages[0]; page?.after !== null && page !== undefined; page = pages.at(-1)) {
    pages.push(at(page.after, 2))
  }
  expect(pages.map(({ records }) => records.map(({ atMs }) => atMs - NOW))).toEqual([
    ...[[1, 2], [3, 4], [5]],
  ])
  const hashOf = store.database.prepare('select lower(hex(hash)) from journal where jseq = ?')
  for (const { jseq, before, hash } of pages.flatMap(({ records }) => records)) {
    expect([before, hash]).toEqual([jseq - 1, jseq].map((one) => hashOf.pluck().get(one)))
  }
})

it('are those of the period, its first and its last moment included', async () => {
  await acts(NOW + 1, NOW + 2, NOW + 3, NOW + 4)
  const { records, after } = at(0, 10, { fromMs: NOW + 2, toMs: NOW + 3 })
  expect(records.map(({ atMs }) => atMs - NOW)).toEqual([2, 3])
  expect(after).toBeNull()
})
