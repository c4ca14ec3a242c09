// Ends of day that differ: closing one closes the period of its terminal, up to that end of day,
// and nobody else's. A claim is closed once.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Stan } from '../../../protocol/values/identifiers.ts'
import {
  closeClaim,
  closeDayEndDifference,
  findClaim,
  listClaims,
  listDayEndDifferences,
} from '../../../voucher-store/admin/claims.ts'
import { sql, statement } from '../../../voucher-store/admin/statements.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import {
  addSale,
  addTerminal,
  genericFile,
  importFile,
  must,
  NOW,
  type TemporaryStore,
  TODAY,
  temporaryStore,
  vouchersFrom,
} from '../temporary-store.ts'

let store: TemporaryStore
const by = { by: 'sara', atMs: NOW }

beforeEach(async () => {
  store = await temporaryStore()
  await addTerminal(store)
  const row = { merchant: 1, tid: '10000002', scheme: 'aes', enabled: 1 }
  const statements = [statement(sql('terminal').insert(row), 1)]
  const second = { kind: 'admin', action: 'terminal add', detail: {}, statements } as const
  await must(store.journal.write({ ...second, ...by }))
  await importFile(store, genericFile(vouchersFrom(0, 10)))
})
afterEach(() => store.close())

async function dayEnd(id: number, terminalKey: number, atMs = NOW, sales = 7): Promise<void> {
  const key = { terminalKey, day: TODAY, time: '120000', stan: String(id).padStart(6, '0') as Stan }
  const amount = sales === 7 ? 7 : sales * 50_000
  const counts = { salesCount: sales, reversalsCount: 0 }
  const claimed = { ...counts, salesAmount: amount, reversalsAmount: 0 }
  const record = { kind: 'end-of-day', id, key, merchantKey: 1, claimed, atMs } as const
  await must(store.journal.write(record))
}

const open = () =>
  listDayEndDifferences(store.database).flatMap((row) => (row.closedAt === null ? [row.id] : []))
const counted = () =>
  store.database.prepare('select sales_count from terminal_tally where terminal = 1').pluck().get()

it('are closed for their terminal alone, the earlier ones with them and no later one', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await dayEnd(11, 2)
  await dayEnd(12, 1)
  await addSale(store, { id: 2, voucherIds: [2] }, 'sold')
  await dayEnd(13, 1)
  await addSale(store, { id: 3, voucherIds: [3] }, 'sold')
  await dayEnd(14, 1)
  await closeDayEndDifference(store.journal, 13, by)
  expect(open().sort()).toEqual([11, 14])
  // What was counted up to that end of day leaves the totals, and no more.
  expect(counted()).toBe(1)
})

it('leave the totals once, whether they are closed one by one or at once', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await dayEnd(12, 1)
  await addSale(store, { id: 2, voucherIds: [2] }, 'sold')
  await dayEnd(13, 1)
  await addSale(store, { id: 3, voucherIds: [3] }, 'sold')
  await dayEnd(14, 1)
  await closeDayEndDifference(store.journal, 12, by)
  expect(counted()).toBe(2)
  await closeDayEndDifference(store.journal, 13, by)
  expect(counted()).toBe(1)
  // One that came after both were closed counts nothing of them.
  await dayEnd(15, 1, NOW + 1)
  await closeDayEndDifference(store.journal, 15, { ...by, atMs: NOW + 2 })
  expect([counted(), open()]).toEqual([0, []])
})

it.each([
  ['ahead', 3_600_000],
  ['set back', -3_600_000],
])('leave the totals once also when the clock of whoever closes them is %s', async (_, ms) => {
  const wrong = { ...by, atMs: NOW + ms }
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await dayEnd(12, 1)
  await addSale(store, { id: 2, voucherIds: [2] }, 'sold')
  await dayEnd(13, 1)
  await closeDayEndDifference(store.journal, 12, wrong)
  expect(counted()).toBe(1)
  // It came after that one was closed.
  await dayEnd(14, 1)
  await closeDayEndDifference(store.journal, 13, wrong)
  expect(counted()).toBe(0)
  await closeDayEndDifference(store.journal, 14, wrong)
  expect([counted(), open()]).toEqual([0, []])
})

it('leave the totals once when one comes between two closings of earlier ones', async () => {
  for (const id of [1, 2, 3]) {
    await addSale(store, { id, voucherIds: [id] }, 'sold')
    await dayEnd(10 + id, 1)
  }
  await closeDayEndDifference(store.journal, 11, by)
  await addSale(store, { id: 4, voucherIds: [4] }, 'sold')
  await dayEnd(14, 1)
  await closeDayEndDifference(store.journal, 12, by)
  expect(counted()).toBe(2)
  await addSale(store, { id: 5, voucherIds: [5] }, 'sold')
  await closeDayEndDifference(store.journal, 14, by)
  expect([counted(), open()]).toEqual([1, []])
  const left = "select count(*) from meta where name like 'day-end left%'"
  expect(store.database.prepare(left).pluck().get()).toBe(0)
  expect(verifyJournal(store.database).problems).toEqual([])
})

it('of a period that an end of day has closed since change no totals of the next', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await dayEnd(12, 1)
  await dayEnd(13, 1, NOW, 1)
  expect(counted()).toBe(0)
  await addSale(store, { id: 2, voucherIds: [2] }, 'sold')
  await dayEnd(14, 1)
  await closeDayEndDifference(store.journal, 12, by)
  expect([counted(), open()]).toEqual([1, [14]])
  await closeDayEndDifference(store.journal, 14, by)
  expect([counted(), open()]).toEqual([0, []])
})

it('of a period that one closed by hand has ended change no totals of the next', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await dayEnd(12, 1)
  await addSale(store, { id: 2, voucherIds: [2] }, 'sold')
  await dayEnd(13, 1)
  await dayEnd(14, 2, NOW, 0)
  await closeDayEndDifference(store.journal, 13, by)
  store.writer.exec('update day_end set closed_ms = null where id = 12')
  await closeDayEndDifference(store.journal, 12, by)
  expect([counted(), open()]).toEqual([0, []])
})

it('that two persons close at once keep the resolution of the first', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await must(store.journal.write({ kind: 'claim', id: 1, reason: 'too late', atMs: NOW }))
  const seen = findClaim(store.database, 1)
  if (seen === undefined) throw new Error('it was opened')
  expect(await closeClaim(store.journal, seen, 'paid', by)).toMatchObject({ kind: 'written' })
  expect(await closeClaim(store.journal, seen, 'refused', by)).toMatchObject({ kind: 'changed' })
  expect(findClaim(store.database, 1)?.resolution).toBe('paid')
})

it('are listed with the open ones first, and the newest of each before the others', async () => {
  for (const id of [1, 2, 3, 4]) {
    await addSale(store, { id, voucherIds: [id] }, 'sold')
    await must(store.journal.write({ kind: 'claim', id, reason: 'too late', atMs: NOW }))
    await dayEnd(10 + id, (id % 2) + 1)
  }
  for (const id of [2, 4]) {
    const claim = findClaim(store.database, id)
    if (claim !== undefined) await closeClaim(store.journal, claim, 'paid', by)
  }
  expect(listClaims(store.database).map(({ id }) => id)).toEqual([3, 1, 4, 2])
  await closeDayEndDifference(store.journal, 14, by)
  const ids = listDayEndDifferences(store.database).map(({ id }) => id)
  expect(ids).toEqual([13, 11, 14, 12])
})

it('that two persons close at once leave the totals once', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await dayEnd(12, 1)
  await addSale(store, { id: 2, voucherIds: [2] }, 'sold')
  const close = () => closeDayEndDifference(store.journal, 12, by)
  const both = await Promise.all([close(), close()])
  expect(both.map(({ kind }) => kind)).toEqual(['written', 'changed'])
  expect(counted()).toBe(1)
})

it('leave the totals with counts and amounts, of reversals too', async () => {
  const totals = () =>
    store.database
      .prepare(
        `select sales_count, sales_amount, reversals_count, reversals_amount
         from terminal_tally where terminal = 1`,
      )
      .raw()
      .get()
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await addSale(store, { id: 2, voucherIds: [2] }, 'refunding')
  await dayEnd(12, 1)
  await addSale(store, { id: 3, voucherIds: [3, 4] }, 'refunding')
  await dayEnd(13, 1)
  expect(totals()).toEqual([3, 200_000, 2, 150_000])
  await closeDayEndDifference(store.journal, 12, by)
  expect(totals()).toEqual([1, 100_000, 1, 100_000])
  await closeDayEndDifference(store.journal, 13, by)
  expect(totals()).toEqual([0, 0, 0, 0])
})
