// A reversal that had ended goes out again when the card host's ledger still has the debit.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { reopenReversals } from '../../../voucher-store/admin/reopening.ts'
import { SqliteSaleReader } from '../../../voucher-store/reading/sale-reader.ts'
import type { Difference } from '../../../voucher-store/reports/judge-sale.ts'
import { addSale, must, NOW, stockedStore, type TemporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
let reader: SqliteSaleReader

beforeEach(async () => {
  store = await stockedStore(0, 10)
  reader = new SqliteSaleReader(store.database)
})
afterEach(() => store.close())

const found = (kind: Difference['kind'], sale: number | null): Difference => ({
  ...{ kind, sale, amountRial: 50_000, rrn: null, tid: null, text: '' },
  ...{ hostStan: null, hostTransmission: null },
})

const end = (status: 'closed' | 'no-debit' | 'watched') =>
  must(
    store.journal.write({
      ...{ kind: 'reversal', id: 1, status, responseCode: '25', tries: 2, atMs: NOW },
      ...{ approval: undefined, fresh: undefined, why: 'test' },
    }),
  )

describe("a card host's ledger", () => {
  it.each(['closed', 'no-debit', 'watched'] as const)(
    'reopens a reversal that was %s',
    async (status) => {
      await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
      await end(status)
      expect(reader.byId(1)?.state).toBe('reversed')
      expect(await reopenReversals(store, [found('unknown debit', 1)], NOW)).toEqual([1])
      expect(reader.byId(1)?.state).toBe('reversing')
      expect(reader.openReversal(1)).toMatchObject({ status: 'pending', wasReopened: true })
    },
  )

  it('keeps the code of the approval, which the reversal had named before', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'refunding')
    const { approval } = reader.openReversal(1) ?? {}
    expect(approval).toEqual({ authCode: '004711', hostDate: undefined })
    await end('closed')
    expect(await reopenReversals(store, [found('reversal missing at host', 1)], NOW)).toEqual([1])
    expect(reader.openReversal(1)).toMatchObject({ status: 'pending', approval })
  })

  it('leaves alone what somebody has moved since it was looked at', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
    await end('closed')
    const journal: TemporaryStore['journal'] = {
      write: async (record) => {
        await end('watched')
        return store.journal.write(record)
      },
    }
    const differences = [found('unknown debit', 1)]
    expect(await reopenReversals({ ...store, journal }, differences, NOW)).toEqual([])
    expect(reader.byId(1)?.state).toBe('reversed')
  })

  it('leaves alone what is open, what is sold and what belongs to no sale', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
    await addSale(store, { id: 2, voucherIds: [2] }, 'sold')
    const differences = [
      found('reversal missing at host', 1),
      found('amount differs', 2),
      found('unknown debit', null),
    ]
    expect(await reopenReversals(store, differences, NOW)).toEqual([])
  })
})
