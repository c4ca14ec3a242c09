// Reports and reconciliation as the running switch asks for them: the period of a report, what a
// ledger reopens goes out at once, and what it settles is old enough; a fence that is
// accepted, and a clock that is believed.

import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { reconciliation } from '../../../admin-api/schemas.ts'
import { isoMoment } from '../../../voucher-store/admin/shown.ts'
import { readFront } from '../../../voucher-store/backup/backup-format.ts'
import { putMeta, readGaps } from '../../../voucher-store/backup/fence.ts'
import { metaOf } from '../../../voucher-store/meta.ts'
import { ReportThreads } from '../../../voucher-store/reports/report-threads.ts'
import {
  addSale,
  endReversal,
  inChunks,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
} from '../../voucher-store/temporary-store.ts'
import { type ToldOperations, toldOperations } from './told-operations.ts'

const actor = { name: 'sara' }
const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000]

let store: TemporaryStore
let made: ToldOperations
beforeEach(async () => {
  store = await stockedStore(0, 20)
  made = toldOperations(store)
})
afterEach(() => store.close())

const settled = (...debits: number[]) => reconciled(true, debits)

function reconciled(settle: boolean, debits: readonly number[]) {
  const lines = debits.map((sale) => {
    const stan = String(sale).padStart(6, '0')
    return JSON.stringify({ kind: 'debit', de7: '0701080000', stan, amount: 50_000 })
  })
  const ledger = inChunks(Buffer.from(`${lines.join('\n')}\n`))
  return made.operations.reconcile(actor, { settle }, ledger)
}

it('a reversal that a ledger reopens goes out again at once', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
  await endReversal(store, 1, 'closed')
  expect(await settled(1)).toMatchObject({ reopened: 1, settled: 0 })
  expect(made.told).toEqual(['retry 1'])
})

it('a ledger settles no sale that its terminal may still reverse', async () => {
  await addSale(store, { id: 1, voucherIds: [1], atMs: NOW - 25 * HOUR_MS }, 'sold')
  await addSale(store, { id: 2, voucherIds: [2], atMs: NOW - 23 * HOUR_MS }, 'sold')
  expect(await settled(1, 2)).toMatchObject({ differences: [], settled: 1 })
  const left = store.database.prepare('select id from sale where sealed_card is not null').pluck()
  expect(left.all()).toEqual([2])
})

it('a report without a period is of seven days, today among them', async () => {
  for (const [index, days] of [0, 6, 7].entries()) {
    const sale = { id: index + 1, voucherIds: [index + 1], atMs: NOW - days * DAY_MS }
    await addSale(store, sale, 'sold')
  }
  const { rows, title } = await made.operations.report({ report: 'sales' })
  expect(title).toBe('Sales, 2026-06-25 to 2026-07-01')
  expect(rows.map(({ day }) => day)).toEqual(['2026-06-25', '2026-07-01'])
})

it('a ledger that is only compared settles nothing, reopens nothing and leaves no record', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
  await endReversal(store, 1, 'closed')
  await addSale(store, { id: 2, voucherIds: [2], atMs: NOW - 9 * DAY_MS }, 'sold')
  const { length } = store.records
  expect(await reconciled(false, [1, 2])).toMatchObject({ reopened: 0, settled: 0 })
  expect([store.records.length, made.told]).toEqual([length, []])
  expect(await reconciled(true, [1, 2])).toMatchObject({ reopened: 1, settled: 1 })
})

it('who accepts a fence is told of that one, and not of those before it', async () => {
  const [old, gap] = [5, 1].map((days) => ({ from: NOW - days * DAY_MS, to: NOW }))
  const gaps = [
    { ...old, acceptedBy: 'ali' },
    { ...gap, acceptedBy: null },
  ]
  const metas = { fence: JSON.stringify(gaps[1]), gaps: JSON.stringify(gaps) }
  const statements = Object.entries(metas).map(([name, value]) => putMeta(name, value))
  const record = { kind: 'admin', action: 'restore', by: 'test', detail: {}, statements } as const
  await must(store.journal.write({ ...record, atMs: NOW }))
  expect(await made.operations.acceptFence(actor)).toEqual({
    ...{ from: isoMoment(NOW - DAY_MS), to: isoMoment(NOW), acceptedBy: 'sara' },
  })
})

it('the running switch hears of a fence that was accepted, once it is', async () => {
  await expect(made.operations.acceptFence(actor)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const gap = { from: NOW, to: NOW + 1, acceptedBy: null }
  const metas = { fence: JSON.stringify(gap), gaps: JSON.stringify([gap]) }
  const statements = Object.entries(metas).map(([name, value]) => putMeta(name, value))
  const record = { kind: 'admin', action: 'restore', by: 'test', detail: {}, statements } as const
  await must(store.journal.write({ ...record, atMs: NOW }))
  await made.operations.acceptFence(actor)
  expect(made.told).toEqual(['fence accepted'])
  expect(readGaps(store.database)).toMatchObject([{ acceptedBy: 'sara' }])
})

it('a reconciliation of a period is of the days from its first to its last', async () => {
  for (const [index, days] of [0, 1, 2, 3].entries()) {
    const sale = { id: index + 1, voucherIds: [index + 1], atMs: NOW - days * DAY_MS }
    await addSale(store, sale, 'sold')
  }
  const period = { from: '2026-06-29', to: '2026-06-30', settle: false }
  const found = await made.operations.reconcile(actor, period, inChunks(Buffer.from('')))
  expect(found).toMatchObject({ salesSold: 2, salesNetRial: 100_000 })
})

it('a reconciliation of a period that ends before it begins is refused unread', async () => {
  const period = { from: '2026-06-30', to: '2026-06-29', settle: true }
  let pulled = false
  async function* ledger(): AsyncGenerator<Buffer> {
    pulled = true
    yield Buffer.from('')
  }
  await expect(made.operations.reconcile(actor, period, ledger())).rejects.toMatchObject({
    ...{ code: 'USAGE', message: 'the period ends before it begins' },
  })
  expect(pulled).toBe(false)
})

it('what a host gave back alone is below nothing, and adds up', async () => {
  const line = JSON.stringify({ kind: 'reversal', rrn: '618200000099', amount: 50_000 })
  const ledger = inChunks(Buffer.from(`${line}\n`))
  const found = await made.operations.reconcile(actor, { settle: false }, ledger)
  expect(found).toMatchObject({ hostNetRial: -50_000, salesNetRial: 0, differenceRial: -50_000 })
  expect(reconciliation.parse(found)).toEqual(found)
})

it('what restores left open is listed with the newest first', async () => {
  const gaps = [1, 2, 3].map((day) => {
    return { from: NOW - day * DAY_MS, to: NOW - day * DAY_MS + 1, acceptedBy: 'sara' }
  })
  const statements = [putMeta('gaps', JSON.stringify(gaps.toReversed()))]
  const record = { kind: 'admin', action: 'restore', by: 'test', detail: {}, statements } as const
  await must(store.journal.write({ ...record, atMs: NOW }))
  expect((await made.operations.fences()).map(({ from }) => from.slice(0, 10))).toEqual([
    ...['2026-06-30', '2026-06-29', '2026-06-28'],
  ])
})

it('a verification tells in seconds how long it took', async () => {
  const begunMs = performance.now()
  const { seconds } = await made.operations.verifyJournal()
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual((performance.now() - begunMs) / 1_000)
})

it('the record of a backup says where the copy went, and by whom', async () => {
  const file = join(store.directory, 'b.evsbak')
  await made.operations.backup(actor, file)
  const body = store.database.prepare('select body from journal order by jseq desc').pluck().get()
  expect(JSON.parse(String(body))).toMatchObject({ action: 'backup', by: 'sara', file })
})

it('a backup names the moment that it was made, for the gap of a restore', async () => {
  const file = join(store.directory, 'b.evsbak')
  await made.operations.backup(actor, file)
  const handle = openSync(file, 'r')
  expect(readFront(handle)?.header.createdMs).toBe(NOW)
  closeSync(handle)
})

it('a report may be of a single day', async () => {
  for (const [index, days] of [0, 1].entries()) {
    await addSale(
      store,
      { id: index + 1, voucherIds: [index + 1], atMs: NOW - days * DAY_MS },
      'sold',
    )
  }
  const day = { report: 'sales', from: '2026-06-30', to: '2026-06-30' } as const
  const { rows, title } = await made.operations.report(day)
  expect([title, rows.map(({ day: of }) => of)]).toEqual(['Sales, 2026-06-30', ['2026-06-30']])
})

it('the record of a reconciliation says how many it settled, and reopened', async () => {
  for (const id of [1, 2]) {
    await addSale(store, { id, voucherIds: [id], atMs: NOW - 25 * HOUR_MS }, 'sold')
  }
  await addSale(store, { id: 3, voucherIds: [3] }, 'reversing')
  await endReversal(store, 3, 'closed')
  expect(await settled(1, 2, 3)).toMatchObject({ settled: 2, reopened: 1 })
  const body = store.database.prepare('select body from journal order by jseq desc').pluck().get()
  expect(JSON.parse(String(body))).toMatchObject({
    ...{ action: 'reconcile settle', by: 'sara', settled: 2, reopened: 1 },
  })
})

it('one backup is made at a time: the copies of two would have one name', async () => {
  const [one, other] = ['one.evsb', 'other.evsb'].map((name) => join(store.directory, name))
  const both = [one, other].map((file) => made.operations.backup(actor, String(file)))
  const [first, second] = await Promise.allSettled(both)
  expect(first).toMatchObject({ status: 'fulfilled', value: { file: one } })
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'CONFLICT' } })
  expect(await made.operations.backup(actor, String(other))).toMatchObject({ file: other })
})

it('the journal is verified once at a time, over what an earlier check left', async () => {
  const scratch = `${store.file}.rebuilt`
  writeFileSync(scratch, 'of a check that was cut off')
  const verify = () => made.operations.verifyJournal()
  const first = verify()
  await expect(verify()).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await first).toMatchObject({ ok: true, rowsCompared: true })
  expect(existsSync(scratch)).toBe(false)
  expect(await verify()).toMatchObject({ ok: true })
})

it.each([
  ['a backup', () => made.operations.backup(actor, join(store.directory, 'b')), 'b.part'],
  [
    'a backup',
    () => made.operations.backup(actor, join(store.directory, 'b')),
    'evs.db.backup-copy',
  ],
  ['a check', () => made.operations.verifyJournal(), 'evs.db.rebuilt'],
])('%s whose thread was ended leaves nothing of itself', async (_, ask, name) => {
  vi.spyOn(ReportThreads.prototype, 'run').mockImplementation(async (_job, { clear }) => {
    writeFileSync(join(store.directory, name), 'half')
    clear?.()
    return { kind: 'timed-out' }
  })
  await expect(ask()).rejects.toMatchObject({ code: 'TIMED_OUT' })
  vi.restoreAllMocks()
  expect(readdirSync(store.directory)).not.toContain(name)
})

it('the running switch hears that its clock is right, once that is on record', async () => {
  expect(await made.operations.believeClock(actor)).toEqual({ believedAt: isoMoment(NOW) })
  expect(made.told).toEqual(['clock believed'])
  expect(metaOf(store.database, 'clock believed until')).toBe(String(NOW))
  expect(store.records.at(-1)).toMatchObject({ action: 'clock believed', by: 'sara' })
})
