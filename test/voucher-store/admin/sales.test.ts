// A list of sales comes page by page, newest first, and says when there is no more. It has those
// sales only that were asked for.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { IntentRecord } from '../../../switch/core/journal.ts'
import { listSales, type SaleSearch } from '../../../voucher-store/admin/sales.ts'
import { sql, statement } from '../../../voucher-store/admin/statements.ts'
import {
  addSale,
  intentOf,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
} from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

it('is told page by page, and ends with the oldest', async () => {
  for (const id of [1, 2, 3]) await addSale(store, { id, voucherIds: [id] }, 'sold')
  const page = (before?: number) => {
    const found = listSales(store.database, { limit: 2, before })
    return [found.sales.map(({ id }) => id), found.before]
  }
  expect(page()).toEqual([[3, 2], 2])
  expect(page(2)).toEqual([[1], null])
  expect(page(1)).toEqual([[], null])
})

/** Terminal 2, of a merchant of its own. */
async function addSecondTerminal(): Promise<void> {
  const merchant = { institution: 0, mid: '000000000020002', name: 'x', city: 'x', enabled: 1 }
  const terminal = { merchant: 2, tid: '20000002', scheme: 'aes', enabled: 1 }
  const statements = [sql('merchant').insert(merchant), sql('terminal').insert(terminal)]
  const add = { kind: 'admin', action: 'terminal add', by: 'test', detail: {} } as const
  await must(
    store.journal.write({ ...add, statements: statements.map((q) => statement(q)), atMs: NOW }),
  )
}

it('has those only of the day, terminal, merchant, RRN or state that is asked for', async () => {
  await addSecondTerminal()
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await addSale(store, { id: 2, voucherIds: [2], atMs: NOW + 86_400_000 }, 'declined')
  const other = intentOf({ id: 3, voucherIds: [3] }) as IntentRecord
  const key = { ...other.key, terminalKey: 2 }
  await must(store.journal.write({ ...other, key, merchantKey: 2 }))
  const found = (search: Omit<SaleSearch, 'limit'>) =>
    listSales(store.database, { ...search, limit: 10 }).sales.map(({ id }) => id)
  expect({
    day: found({ day: '2026-07-01' }),
    nextDay: found({ day: '2026-07-02' }),
    tid: found({ tid: '20000002' }),
    mid: found({ mid: '000000000012345' }),
    rrn: found({ rrn: '618200000002' }),
    state: found({ state: 'intent' }),
    none: found({ tid: '20000002', day: '2026-07-02' }),
  }).toEqual({ day: [3, 1], nextDay: [2], tid: [3], mid: [2, 1], rrn: [2], state: [3], none: [] })
})
