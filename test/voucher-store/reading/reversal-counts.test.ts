// Open reversals are counted in the store: all of them, along their index, in slices that let
// others have their turn, and a long count is told again for a while.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Clock } from '../../../switch/core/clock.ts'
import { ReversalCounts } from '../../../voucher-store/reading/reversal-counts.ts'
import { addSale, endReversal, stockedStore, type TemporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

let nowMs = 0
/** Each look at the clock takes a millisecond. */
const clock: Clock = {
  monotonicMs: () => nowMs++,
  wallMs: () => nowMs,
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** As many as a card host that is away for a day leaves, every tenth in suspense. */
function addReversals(count: number): void {
  store.writer.exec(`
    with recursive n (n) as (select 1 union all select n + 1 from n where n < ${count})
    insert into reversal (sale, status, stan, transmission, approval_seen, host_link, host_stan,
      host_transmission, opened_ms)
    select 1000 + n, iif(n % 10 = 0, 5, n % 2), '000001', '0701080000', 0, 'bank', '000001',
      '0701080000', 1 from n`)
}

it('counts what has not ended, and of that what is in suspense', async () => {
  const counts = new ReversalCounts(store.database, clock)
  expect(await counts.now()).toEqual({ open: 0, suspense: 0 })
  const ends = ['unfound', 'closed', 'watched', 'suspense', 'no-debit'] as const
  for (const [index, status] of ends.entries()) {
    await addSale(store, { id: index + 1, voucherIds: [index + 1] }, 'reversing')
    await endReversal(store, index + 1, status)
  }
  await addSale(store, { id: 6, voucherIds: [6] }, 'reversing')
  // A moment later: what is counted at once is never told again.
  expect(await counts.now()).toEqual({ open: 3, suspense: 1 })
})

it.each([999, 1_000, 1_001, 25_000])('counts %i of them to the last', async (count) => {
  addReversals(count)
  const totals = { open: count, suspense: Math.floor(count / 10) }
  expect(await new ReversalCounts(store.database, clock).now()).toEqual(totals)
})

it('looks at nothing but the index of the open ones and their rows', () => {
  const texts: string[] = []
  const { database } = store
  const prepare = (text: string) => {
    texts.push(text)
    return database.prepare(text)
  }
  new ReversalCounts({ prepare } as typeof database, clock)
  const plan = database.prepare(`explain query plan ${texts[0]}`).all(0) as { detail: string }[]
  const searched = plan.map(({ detail }) => detail).filter((detail) => detail.includes('reversal'))
  expect(searched).toEqual(['SEARCH reversal USING INDEX reversal_open (sale>?)'])
})

it('lets others have their turn while it counts many, and counts once for all who ask', async () => {
  addReversals(25_000)
  const counts = new ReversalCounts(store.database, clock)
  let turns = 0
  const others = setInterval(() => turns++, 0)
  const first = counts.now()
  expect(counts.now()).toBe(first)
  await first
  clearInterval(others)
  expect(turns).toBeGreaterThan(1)
})

it('tells a long count again for ten times as long as it took, and then counts anew', async () => {
  addReversals(5_000)
  const counts = new ReversalCounts(store.database, clock)
  const startedMs = nowMs
  expect(await counts.now()).toEqual({ open: 5_000, suspense: 500 })
  const tookMs = nowMs - startedMs
  store.writer.exec('delete from reversal where sale > 1_100')
  expect((await counts.now()).open).toBe(5_000)
  nowMs += 10 * tookMs
  expect(await counts.now()).toEqual({ open: 100, suspense: 10 })
})
