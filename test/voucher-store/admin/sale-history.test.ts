// What became of a sale, told from the journal: found between its first record and the last that is
// about it, however much was written in between, and never what is about another one.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Stan } from '../../../protocol/values/identifiers.ts'
import { closeClaim, findClaim } from '../../../voucher-store/admin/claims.ts'
import { findSale } from '../../../voucher-store/admin/sales.ts'
import { addSale, must, NOW, stockedStore, type TemporaryStore } from '../temporary-store.ts'

const DAY = 86_400_000
let store: TemporaryStore

beforeEach(async () => {
  store = await stockedStore(0, 20)
})
afterEach(() => store.close())

const texts = (id: string) => findSale(store.database, id)?.history.map(({ text }) => text)

it('a claim is in the history of its sale, and its end too when days of other sales lie between', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await addSale(store, { id: 2, voucherIds: [2], atMs: NOW + DAY }, 'sold')
  const claim = { kind: 'claim', id: 1, reason: 'too late', atMs: NOW + 2 * DAY } as const
  await must(store.journal.write(claim))
  await addSale(store, { id: 3, voucherIds: [3], atMs: NOW + 3 * DAY }, 'sold')
  await addSale(store, { id: 4, voucherIds: [4], atMs: NOW + 4 * DAY }, 'sold')
  const begun = ['vouchers reserved, bank about to be asked', 'sold, approval 004711']
  const refused = 'reversal not accepted: too late'
  expect(texts('1')).toEqual([...begun, refused])
  const open = findClaim(store.database, 1)
  if (open === undefined) throw new Error('it was opened')
  await closeClaim(store.journal, open, 'paid', { by: 'sara', atMs: NOW + 5 * DAY })
  for (const id of [5, 6]) {
    await addSale(store, { id, voucherIds: [id], atMs: NOW + (id + 1) * DAY }, 'sold')
  }
  expect(texts('1')).toEqual([...begun, refused, 'claim resolve by sara'])
  expect(texts('3')).toEqual(begun)
})

it('a history repeats no long number that a record has, whatever it is', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  const reason = 'card 6037990000000014 of 1404'
  await must(store.journal.write({ kind: 'claim', id: 1, reason, atMs: NOW } as never))
  expect(texts('1')?.at(-1)).toBe('reversal not accepted: card *** of 1404')
})

it('a history tells of an approval after a decline, a revealed PIN and damaged vouchers', async () => {
  await addSale(store, { id: 1, voucherIds: [1] }, 'declined')
  await addSale(store, { id: 2, voucherIds: [2] }, 'sold')
  await addSale(store, { id: 3, voucherIds: [3] }, 'intent')
  const trace = { stan: '900001' as Stan, transmission: '0722080001' }
  const approval = { authCode: '004711', hostDate: undefined }
  const reversing = { kind: 'reversing', responseCode: '51', reversal: trace, approval } as const
  const end = { kind: 'outcome', outcome: reversing, atMs: NOW } as const
  const records = [
    { ...end, id: 1, from: 'declined' as const },
    { ...end, id: 3, leavesStock: true as const },
    ...(['revealed', 'confirmed after its reversal'] as const).map((reason) => {
      return { kind: 'claim' as const, id: 2, reason, atMs: NOW }
    }),
  ]
  for (const record of records) await must(store.journal.write(record))
  expect(texts('1')?.at(-1)).toBe('approved by the card host after all, debit to be undone')
  expect(texts('2')?.slice(2)).toEqual([
    'a PIN was revealed: no reversal is accepted any more',
    'confirmed by the terminal after its reversal: money and vouchers may both be out',
  ])
  expect(texts('3')?.at(-1)).toBe(
    'answered 51, vouchers that were not damaged back in stock, debit to be undone',
  )
})
