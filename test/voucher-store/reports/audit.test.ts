// The invariants over the store: that a voucher is in no other state than its sale allows is told,
// with the sale that it belongs to; and nothing is told of what acts and sales may lead to.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { moveBatch, voidAvailable } from '../../../voucher-store/admin/batches.ts'
import { expireVouchers } from '../../../voucher-store/admin/expire.ts'
import { reopenReversals } from '../../../voucher-store/admin/reopening.ts'
import { findSuspense, resolveSuspense } from '../../../voucher-store/admin/suspense.ts'
import { findVoucher, leaveQuarantine } from '../../../voucher-store/admin/vouchers.ts'
import {
  fenceReturned,
  fenceStatements,
  returnFenced,
} from '../../../voucher-store/backup/fence.ts'
import { type VoucherState, voucherCode } from '../../../voucher-store/codes.ts'
import { audit } from '../../../voucher-store/reports/audit.ts'
import {
  addSale,
  endReversal,
  genericFile,
  importFile,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
  vouchersFrom,
} from '../temporary-store.ts'

const BY = { by: 'sara', atMs: NOW }

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

it.each<[VoucherState, string]>([
  ['quarantined', ''],
  ['voided', ''],
  ['available', '4'],
  ['sold', '4'],
  ['expired', '4'],
  ['fenced', '4'],
])('a refunded sale whose voucher is %s breaks: "%s"', async (state, detail) => {
  await addSale(store, { id: 4, voucherIds: [1] }, 'refunding')
  await endReversal(store, 4, 'closed')
  const move = store.writer.prepare('update voucher set state = ? where id = 1')
  move.run(voucherCode(state))
  const name = 'every voucher of a sale is in the state of the sale'
  const check = audit(store.database).checks.find((one) => one.name === name)
  expect(check?.detail).toBe(detail)
})

describe('nothing is broken by', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['a voided voucher whose reversal the ledger of the card host reopens', reopenVoided],
    ['a voided voucher whose debit the card host approves after all', approveVoided],
    ['a voided voucher whose reversal is asked for again and then given up', retryVoided],
    ['suspense that ends as reversed', () => resolveSuspended('reversed')],
    ['suspense that ends as no debit', () => resolveSuspended('no-debit')],
    ['suspense that is tried again', () => resolveSuspended('retry')],
    ['a voucher that left quarantine for stock and was sold', releaseAndSell],
    ['vouchers that expired beside those of sales', expireBesideSales],
    ['a batch that is held while a sale has its voucher', holdUnderSale],
    ['a batch whose stock was voided beside sales', voidBesideSales],
    ['a fence over sales of every kind, and what comes back', fenceOverSales],
    ['an import that was refused in its midst', refuseImport],
  ])('%s', async (_what, act) => {
    await act()
    const broken = audit(store.database).checks.filter(({ violations }) => violations > 0)
    expect(broken).toEqual([])
  })
})

async function leave(id: number, to: 'available' | 'voided'): Promise<void> {
  const voucher = findVoucher(store.database, id)
  if (voucher === undefined) throw new Error('it is there')
  const result = await leaveQuarantine(store.journal, voucher, to, BY)
  expect(result.kind).toBe('written')
}

async function voidRefunded(): Promise<void> {
  await addSale(store, { id: 4, voucherIds: [1, 2] }, 'refunding')
  await endReversal(store, 4, 'watched')
  await leave(1, 'voided')
}

async function reopenVoided(): Promise<void> {
  await voidRefunded()
  const found = { kind: 'reversal missing at host', sale: 4 } as never
  expect(await reopenReversals(store, [found], NOW)).toEqual([4])
}

async function approveVoided(): Promise<void> {
  await voidRefunded()
  const approval = { authCode: '004711', hostDate: undefined }
  await must(
    store.journal.write({
      ...{ kind: 'reversal', id: 4, status: 'pending', responseCode: undefined, tries: 2 },
      ...{ approval, fresh: undefined, why: 'test', atMs: NOW },
    }),
  )
}

async function resolve(sale: number, as: 'reversed' | 'no-debit' | 'retry'): Promise<void> {
  const item = findSuspense(store.database, sale, NOW)
  if (item === undefined) throw new Error('it is there')
  const result = await resolveSuspense(store.journal, item, { as, note: 'x' }, BY)
  expect(result.kind).toBe('written')
}

async function retryVoided(): Promise<void> {
  await voidRefunded()
  await resolve(4, 'retry')
  await endReversal(store, 4, 'suspense')
  expect(audit(store.database).ok).toBe(true)
  await resolve(4, 'no-debit')
}

async function resolveSuspended(as: 'reversed' | 'no-debit' | 'retry'): Promise<void> {
  await addSale(store, { id: 4, voucherIds: [1] }, 'refunding')
  await addSale(store, { id: 5, voucherIds: [2] }, 'reversing')
  for (const sale of [4, 5]) {
    await endReversal(store, sale, 'suspense')
    await resolve(sale, as)
  }
}

async function releaseAndSell(): Promise<void> {
  await must(store.journal.write({ kind: 'quarantine', voucherId: 1, why: 'test', atMs: NOW }))
  await leave(1, 'available')
  await addSale(store, { id: 4, voucherIds: [1] }, 'sold')
}

/** A voucher in the hands of each kind of sale. */
async function addEveryKind(): Promise<void> {
  const ends = ['intent', 'sold', 'declined', 'reversing', 'refunding'] as const
  for (const [index, end] of ends.entries()) {
    await addSale(store, { id: index + 1, voucherIds: [index + 1] }, end)
  }
  await must(store.journal.write({ kind: 'quarantine', voucherId: 6, why: 'test', atMs: NOW }))
}

async function expireBesideSales(): Promise<void> {
  await addEveryKind()
  expect(await expireVouchers(store, 20_290_101, NOW)).toBe(6)
}

async function holdUnderSale(): Promise<void> {
  await addEveryKind()
  const hold = { action: 'hold', from: ['released'], to: 'held' } as const
  expect(await moveBatch(store.journal, 1, hold, BY)).toMatchObject({ kind: 'written' })
}

async function voidBesideSales(): Promise<void> {
  await holdUnderSale()
  const { voided } = await voidAvailable(store.journal, store.database, 1, BY)
  expect(voided).toBe(6)
}

async function fenceOverSales(): Promise<void> {
  await addEveryKind()
  const statements = fenceStatements(store.database, { fromMs: NOW, toMs: NOW + 1 })
  const record = { kind: 'admin', action: 'restore', detail: {}, statements } as const
  await must(store.journal.write({ ...record, ...BY }))
  expect(audit(store.database).ok).toBe(true)
  const reversal = { stan: '900001', transmission: '0701090000' }
  const outcome = { kind: 'reversing', responseCode: '96', reversal, approval: undefined }
  await must(store.journal.write({ kind: 'outcome', id: 1, outcome, atMs: NOW } as never))
  await fenceReturned(store, NOW)
  expect(audit(store.database).ok).toBe(true)
  await returnFenced(store, 1, { ...BY, consentBy: 'reza' })
}

/** The second half of the file is what the stock holds already. */
async function refuseImport(): Promise<void> {
  const before = await importFile(store, genericFile(vouchersFrom(900, 5)))
  expect(before.at(-1)?.kind).toBe('done')
  const file = genericFile([...vouchersFrom(2_000, 600), ...vouchersFrom(900, 5)])
  expect((await importFile(store, file)).at(-1)?.kind).toBe('refused')
}
