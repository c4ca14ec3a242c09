// What of the reversals is listed: all that are not ended, and those that only wait for a ledger;
// those first that need a person.

import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  findSuspense,
  listSuspense,
  resolveSuspense,
} from '../../../voucher-store/admin/suspense.ts'
import { addSale, endReversal, NOW, stockedStore, type TemporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

it('lists every reversal that has not ended', async () => {
  const ends = ['unfound', 'closed', 'watched', 'suspense', 'no-debit'] as const
  for (const [index, status] of ends.entries()) {
    await addSale(store, { id: index + 1, voucherIds: [index + 1] }, 'reversing')
    await endReversal(store, index + 1, status)
  }
  await addSale(store, { id: 6, voucherIds: [6] }, 'reversing')
  const listed = listSuspense(store.database, NOW + 90_000)
  expect(listed[0]).toMatchObject({ sale: 4, status: 'suspense', ageSeconds: 90 })
  const shown = listed.map(({ sale, status }) => `${sale} ${status}`)
  expect(shown).toEqual(['4 suspense', '3 watched', '1 unfound', '6 pending'])
})

it('lists those first that need a person, and the oldest of each before the others', async () => {
  for (const [id, laterMs] of [
    [1, 5_000],
    [2, 0],
    [3, 9_000],
  ] as const) {
    await addSale(store, { id, voucherIds: [id], atMs: NOW + laterMs }, 'reversing')
  }
  await endReversal(store, 3, 'suspense')
  const listed = listSuspense(store.database, NOW)
  expect(listed.map(({ sale }) => sale)).toEqual([3, 2, 1])
  // Opened later than now, by a clock that was set back since.
  expect(listed.map(({ ageSeconds }) => ageSeconds)).toEqual([0, 0, 0])
})

it('resolves nothing that has moved since the person looked', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
  const seen = findSuspense(store.database, 1, NOW)
  if (seen === undefined) throw new Error('it is open')
  const resolve = () =>
    resolveSuspense(store.journal, seen, { as: 'no-debit', note: 'x' }, { by: 'sara', atMs: NOW })
  // Asked once more meanwhile, and then refused.
  await endReversal(store, 1, 'unfound')
  expect(await resolve()).toMatchObject({ kind: 'changed' })
  await endReversal(store, 1, 'suspense')
  expect(await resolve()).toMatchObject({ kind: 'changed' })
  expect(findSuspense(store.database, 1, NOW)?.status).toBe('suspense')
})

it('resolves nothing of which an approval was seen since the person looked', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
  const seen = findSuspense(store.database, 1, NOW)
  if (seen === undefined) throw new Error('it is open')
  const late = {
    kind: 'reversal',
    id: 1,
    status: 'pending',
    tries: seen.tries,
    approval: { authCode: '123456', hostDate: undefined },
    fresh: undefined,
    responseCode: undefined,
    why: 'late approval',
    atMs: NOW,
  } as const
  const resolve = () =>
    resolveSuspense(store.journal, seen, { as: 'reversed', note: 'x' }, { by: 'sara', atMs: NOW })
  // Its first record is written; the approval comes before its second.
  const [said] = await Promise.all([resolve(), store.journal.write(late)])
  expect(said).toMatchObject({ kind: 'changed' })
  expect(findSuspense(store.database, 1, NOW)).toMatchObject({
    ...{ status: 'pending', approvalSeen: true },
  })
  // And now that it has been seen by the journal, what the person saw is refused at once.
  expect(await resolve()).toMatchObject({ kind: 'changed' })
})
