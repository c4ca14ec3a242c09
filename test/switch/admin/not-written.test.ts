// What the store does not take, because its disk is full: whoever asked hears it, and the running
// switch hears nothing of it, since it sells by what is durable alone.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AdminOperations } from '../../../admin-api/operations.ts'
import { fenceStatements } from '../../../voucher-store/backup/fence.ts'
import {
  addSale,
  endReversal,
  inChunks,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
  TODAY,
} from '../../voucher-store/temporary-store.ts'
import { FULL } from '../core/fake-journal.ts'
import { type ToldOperations, toldOperations } from './told-operations.ts'

const actor = { name: 'sara' }
const TERMINAL = { tid: '10000001', mid: '000000000012345', institution: 0 }
const CATALOGUE = `product,operator,nameEn,nameFa,priceRial,vatRate,redeem,validFrom
091905,MCI,"MCI 50,000",x,55000,0.10,*140*#{pin}#,2026-08-01\n`

let store: TemporaryStore
let made: ToldOperations
beforeEach(async () => {
  store = await stockedStore(0, 20)
  await addSale(store, { id: 1, voucherIds: [1] }, 'reversing')
  await endReversal(store, 1, 'suspense')
  await must(store.journal.write({ kind: 'quarantine', voucherId: 7, why: 'test', atMs: NOW }))
  const statements = fenceStatements(store.database, { fromMs: NOW - 1_000, toMs: NOW - 1_000 })
  const about = { action: 'restore', by: 'test', detail: {}, atMs: NOW }
  await must(store.journal.write({ kind: 'admin', ...about, statements }))
  made = toldOperations(store, { write: () => Promise.resolve(FULL) })
})
afterEach(() => store.close())

const note = 'letter 4/112'
const ACTS: Record<string, (operations: AdminOperations) => Promise<unknown>> = {
  'a retry': (to) => to.resolveSuspense(actor, 1, { as: 'retry', note }),
  'the end of a reversal': (to) => to.resolveSuspense(actor, 1, { as: 'no-debit', note }),
  'the acceptance of a fence': (to) => to.acceptFence(actor),
  'that the clock is right': (to) => to.believeClock(actor),
  'a change of a merchant': (to) =>
    to.changeMerchant(actor, TERMINAL.mid, { institution: 0, enabled: false }),
  'a change of a terminal': (to) => to.changeTerminal(actor, { ...TERMINAL, serial: null }),
  'the replacement of a terminal': (to) =>
    to.replaceTerminal(actor, { ...TERMINAL, by: '10000009' }),
  'a new terminal': (to) => to.addTerminal(actor, { ...TERMINAL, tid: '10000009', scheme: 'none' }),
  'a key': (to) =>
    to.issueKey(actor, { owner: { kind: 'terminal', ...TERMINAL }, scheme: 'aes', parts: 2 }),
  'a change of a product': (to) => to.changeProduct(actor, '091905', { enabled: false }),
  'a catalogue': (to) => to.loadProducts(actor, inChunks(Buffer.from(CATALOGUE))),
}

it.each(Object.entries(ACTS))('%s is told to nobody', async (_name, act) => {
  await expect(act(made.operations)).rejects.toMatchObject({ code: 'NOT_READY' })
  expect(made.told).toEqual([])
})

it('a rotation that could not be written locks no other out', async () => {
  for (let time = 0; time < 2; time++) {
    const rotated = made.operations.rotateKek(actor, {})
    await expect(rotated).rejects.toMatchObject({ code: 'NOT_READY' })
  }
})

it('a voucher that could not be put back is not for sale', async () => {
  expect(made.inventory.reserve('093205', 1, TODAY)).toBeUndefined()
  await expect(
    made.operations.changeVoucher(actor, 7, { action: 'release' }),
  ).rejects.toBeInstanceOf(Error)
  expect(made.inventory.reserve('093205', 1, TODAY)).toBeUndefined()
})
