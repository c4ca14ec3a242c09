// The life of a terminal in the store: states, replacement, its serial number, and lists by page.
// What a state does to a sale is the directory's and the core's matter.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  changeTerminal,
  findTerminal,
  listTerminals,
  replaceTerminal,
  terminalDetail,
} from '../../../voucher-store/admin/terminals.ts'
import { compareWithRebuilt } from '../../../voucher-store/reports/rebuild.ts'
import { addTerminal, NOW, type TemporaryStore, TODAY, temporaryStore } from '../temporary-store.ts'

const KEY = { institution: 0, mid: '000000000012345', tid: '10000001' }
const by = { by: 'sara', atMs: NOW }
let store: TemporaryStore

beforeEach(async () => {
  store = await temporaryStore()
  await addTerminal(store)
})
afterEach(() => store.close())

const found = (tid = KEY.tid) => findTerminal(store.database, { ...KEY, tid })
const set = (change: object) => changeTerminal(store.journal, 1, { ...KEY, ...change }, by)

describe('a terminal', () => {
  it('is blocked and unblocked, and retired for ever', async () => {
    expect(found()?.state).toBe('active')
    await set({ state: 'blocked' })
    expect(found()?.state).toBe('blocked')
    await set({ state: 'active' })
    expect(found()?.state).toBe('active')
    await set({ state: 'retired' })
    expect(found()?.state).toBe('retired')
    expect(await set({ state: 'active' })).toMatchObject({ kind: 'changed' })
    expect(terminalDetail(store.database, KEY, TODAY)?.retiredAt).toBe('2026-07-01T08:00:00.000Z')
  })

  it('that is blocked stays so when something else of it changes', async () => {
    await set({ state: 'blocked' })
    await set({ name: 'till' })
    expect(found()).toMatchObject({ state: 'blocked', name: 'till' })
  })

  it('keeps what a change leaves out, and loses what is null', async () => {
    await set({ name: 'till', limitCount: 5, settings: { a: 'b' } })
    await set({ limitRial: 9 })
    expect(found()).toMatchObject({ name: 'till', limitCount: 5, limitRial: 9 })
    await set({ name: null, limitCount: null, settings: {} })
    expect(terminalDetail(store.database, KEY, TODAY)).toMatchObject({
      ...{ name: null, limitCount: null, limitRial: 9, settings: {} },
    })
  })

  it('is replaced in one record by one with its limits and settings, and no serial', async () => {
    await set({ limitCount: 5, limitRial: 70_000, settings: { a: 'b' }, name: 'till' })
    await bind('SN-1')
    const old = { ...KEY, id: 1 }
    const next = { tid: '10000009', scheme: 'tdes' } as const
    expect(await replaceTerminal(store.journal, old, next, by)).toMatchObject({ kind: 'written' })
    expect(terminalDetail(store.database, KEY, TODAY)).toMatchObject({
      ...{ state: 'retired', replacedBy: '10000009', serial: 'SN-1' },
    })
    expect(terminalDetail(store.database, { ...KEY, tid: next.tid }, TODAY)).toMatchObject({
      ...{ state: 'active', scheme: 'tdes', replaces: KEY.tid, serial: null },
      ...{ limitCount: 5, limitRial: 70_000, settings: { a: 'b' }, name: 'till' },
    })
    const again = await replaceTerminal(store.journal, old, { ...next, tid: '7' }, by)
    expect(again.kind).toBe('changed')
    expect(found('7')).toBeUndefined()
    expect(compareWithRebuilt(store.file, { inMemory: true })).toEqual([])
  })

  it('is not replaced by a number that is taken', async () => {
    const next = { tid: KEY.tid, scheme: 'none' } as const
    const result = await replaceTerminal(store.journal, { ...KEY, id: 1 }, next, by)
    expect(result.kind).toBe('taken')
    expect(found()?.state).toBe('active')
  })

  it('takes one serial number, until it is unbound', async () => {
    await bind('SN-1')
    await bind('SN-1')
    await bind('SN-2')
    expect(found()?.serial).toBe('SN-1')
    await set({ serial: null })
    await bind('SN-2')
    expect(found()?.serial).toBe('SN-2')
    expect(compareWithRebuilt(store.file, { inMemory: true })).toEqual([])
  })
})

/** The first use of the keys of a logon that told it. */
function bind(serialNumber: string) {
  const keys = { owner: 'terminal/1', generation: 1, serialNumber, atMs: NOW }
  return store.journal.write({ kind: 'key-activation', ...keys })
}

describe('a list of terminals', () => {
  beforeEach(() => {
    const insert = store.writer.prepare(
      `insert into terminal (merchant, tid, scheme, enabled, retired_ms)
       values (1, ?, 'none', ?, ?)`,
    )
    insert.run('2', 0, null)
    insert.run('3', 0, NOW)
    insert.run('4', 1, null)
    store.writer.prepare('insert into terminal_seen (terminal, seen_ms) values (4, ?)').run(NOW)
  })
  const tids = (search: object) =>
    listTerminals(store.database, { limit: 10, ...search }).terminals.map(({ tid }) => tid)

  it('is filtered by state, number, merchant, institution and when it was seen', () => {
    expect(tids({})).toEqual(['10000001', '2', '3', '4'])
    expect(tids({ state: 'active' })).toEqual(['10000001', '4'])
    expect(tids({ state: 'blocked' })).toEqual(['2'])
    expect(tids({ state: 'retired' })).toEqual(['3'])
    expect(tids({ tid: '4' })).toEqual(['4'])
    expect(tids({ mid: 'x' })).toEqual([])
    expect(tids({ institution: 7 })).toEqual([])
    expect(tids({ notSeenSinceMs: NOW })).toEqual(['10000001', '2', '3'])
    expect(tids({ notSeenSinceMs: NOW + 1, state: 'active' })).toEqual(['10000001', '4'])
  })

  it('comes page by page to its end', () => {
    const first = listTerminals(store.database, { limit: 3 })
    expect(first.after).toBe(3)
    const next = listTerminals(store.database, { limit: 3, after: 3 })
    expect([next.terminals.map(({ tid }) => tid), next.after]).toEqual([['4'], null])
  })
})
