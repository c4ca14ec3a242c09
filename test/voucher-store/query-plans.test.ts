// What is asked while sales go on, in the writer or on the thread that answers them, finds its rows
// by an index at any size of the store: no statement walks through all of what was ever sold.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemTimers } from '../../protocol/link/timers.ts'
import {
  closeDayEndDifference,
  findDayEndDifference,
  listDayEndDifferences,
} from '../../voucher-store/admin/claims.ts'
import { findSuspense, listSuspense } from '../../voucher-store/admin/suspense.ts'
import { fenceStatements, returnFenced } from '../../voucher-store/backup/fence.ts'
import { chunksOf } from '../../voucher-store/import/chunk-digests.ts'
import { ReversalCounts } from '../../voucher-store/reading/reversal-counts.ts'
import { SqliteSaleReader } from '../../voucher-store/reading/sale-reader.ts'
import { SqliteStockReader } from '../../voucher-store/reading/stock-reader.ts'
import { auditRecords, verifyAudit } from '../../voucher-store/reports/audit-records.ts'
import { RecordWriter } from '../../voucher-store/writer/record-writer.ts'
import { listening, planOf, textsOfNewest, walks } from './query-plans.ts'
import { must, NOW, stockedStore, type TemporaryStore } from './temporary-store.ts'

const BY = { by: 'sara', atMs: NOW }

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

/** The statements that it prepares. */
function prepared(ask: (database: TemporaryStore['database']) => unknown): string[] {
  const texts: string[] = []
  ask(listening(store.database, texts))
  return texts
}

/** Of those statements: each with the steps that walk through all of a large table. */
function walking(texts: readonly string[]): [text: string, steps: string[]][] {
  return texts.flatMap((text) => {
    const steps = walks(store.writer, text)
    return steps.length === 0 ? [] : [[text, steps] as [string, string[]]]
  })
}

describe('a walk through a large table', () => {
  it.each([
    'select * from sale',
    'select t.tid from sale as s join terminal as t on t.id = s.terminal where s.amount = ?',
    'select * from `reversal` as `r` where `r`.`status` in (?, ?, ?)',
    'select count(*) from day_end d where d.closed_ms is not null',
    'update voucher set state = 4 where state = 5 and sale is null and sealed = :x',
  ])('is found: %s', (text) => {
    expect(walks(store.writer, text)).toHaveLength(1)
  })
})

describe('no such walk is made', () => {
  it.each([
    ['sales and recovery read', (db) => new SqliteSaleReader(db)],
    ['the inventory is filled', (db) => new SqliteStockReader(db)],
    ['reversals that wait are listed', (db) => listSuspense(db, NOW)],
    ['a reversal is looked at', (db) => findSuspense(db, 1, NOW)],
    ['open reversals are counted', (db) => new ReversalCounts(db, systemTimers)],
    ['records are written', (db) => new RecordWriter(db)],
  ] as [string, (database: TemporaryStore['database']) => unknown][])('when %s', (_, ask) => {
    const texts = prepared(ask)
    expect(texts.length).toBeGreaterThan(0)
    expect(walking(texts)).toEqual([])
  })

  it('when ends of day that differ are listed or looked at', () => {
    expect(walking(prepared((db) => listDayEndDifferences(db)))).toEqual([])
    expect(walking(prepared((db) => findDayEndDifference(db, 1)))).toEqual([])
  })

  it('nor anything sorted, when they are listed', () => {
    const [text = ''] = prepared((db) => listDayEndDifferences(db))
    expect(planOf(store.database, text).join()).not.toContain('TEMP B-TREE')
  })

  it('when one of them is closed, by whose rows alone its terminal is found', async () => {
    store.writer.exec(`insert into day_end values (1, 20260701, '120000', 1, '000001',
      1, 0, 0, 0, 0, 0, 0, 0, 0, 0, null)`)
    expect(await closeDayEndDifference(store.journal, 1, BY)).toMatchObject({ kind: 'written' })
    const texts = textsOfNewest(store)
    expect(texts).toHaveLength(5)
    expect(walking(texts)).toEqual([])
    const ranges = texts
      .flatMap((text) => planOf(store.writer, text))
      .filter((step) => {
        return / PRIMARY KEY \(rowid[<>]/.test(step)
      })
    expect(ranges).toEqual([])
  })
})

it('acts of administration are found in the journal by their own index', () => {
  const range = { fromMs: 0, toMs: NOW, after: 0, limit: 10 }
  const texts = [
    ...prepared((db) => auditRecords(db, range)),
    ...prepared((db) => verifyAudit(db)).filter((text) => text.includes("kind = 'admin'")),
    ...prepared((db) => chunksOf(db, new Set([1]))),
  ]
  expect(texts).toHaveLength(3)
  expect(walking(texts)).toEqual([])
  for (const text of texts) expect(planOf(store.database, text).join()).toContain('journal_acts')
})

it('what is fenced of a batch is found and given back by its own index', async () => {
  const statements = fenceStatements(store.database, { fromMs: NOW, toMs: NOW })
  const record = { kind: 'admin', action: 'restore', detail: {}, statements } as const
  await must(store.journal.write({ ...record, ...BY }))
  const texts: string[] = []
  const database = listening(store.database, texts)
  await returnFenced({ journal: store.journal, database }, 1, { ...BY, consentBy: 'reza' })
  const ofVouchers = [...texts, ...textsOfNewest(store)].filter((text) => /`voucher`/.test(text))
  expect(ofVouchers.length).toBeGreaterThan(1)
  for (const text of ofVouchers) {
    expect(planOf(store.writer, text).join()).toMatch(/SEARCH voucher USING .*INDEX voucher_fenced/)
  }
})

it('an end of day that agrees is in no index but that of identities', () => {
  const others = store.database
    .prepare("select sql from sqlite_master where tbl_name = 'day_end' and name not like '%unique'")
    .pluck()
    .all() as string[]
  for (const text of others.filter((sql) => sql.startsWith('create index'))) {
    expect(text).toMatch(/ where agreed = 0$/)
  }
})
