// Single vouchers in the hands of two persons: out of quarantine, revealed once an approval, and
// back from behind a fence; counts and invariants hold after each.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AdminClient } from '../../../admin-api/client.ts'
import { fenceStatements } from '../../../voucher-store/backup/fence.ts'
import {
  addSale,
  endReversal,
  genericFile,
  importFile,
  must,
  NOW,
  TODAY,
  vouchersFrom,
} from '../../voucher-store/temporary-store.ts'
import {
  type Office,
  openOffice,
  passwordOf,
  requestOf,
  staffed,
  together,
} from '../access/office.ts'
import { FULL } from '../core/fake-journal.ts'
import { toldOperations } from './told-operations.ts'

let office: Office
let sara: AdminClient
let dara: AdminClient

beforeEach(async () => {
  office = await openOffice()
  await staffed(office)
  ;[sara, dara] = [await office.session('sara'), await office.session('dara')]
  await importFile(office.store, genericFile(vouchersFrom(0, 20)))
})
afterEach(async () => {
  const { checks } = await office.user.audit()
  expect(checks.filter(({ violations }) => violations > 0)).toEqual([])
  expect((await office.user.verifyJournal()).problems).toEqual([])
  await office.close()
})

const mine = { password: passwordOf('sara') }
const conflict = expect.objectContaining({ code: 'CONFLICT' })
const counts = async () => (await office.user.batch(1)).counts
const quarantine = (voucherId: number) =>
  must(office.store.journal.write({ kind: 'quarantine', voucherId, why: 'test', atMs: NOW }))

it('a PIN is revealed once for an approval, of what was sold alone, and counted first', async () => {
  await addSale(office.store, { id: 1, voucherIds: [5] }, 'sold')
  const [voucher] = await office.user.vouchers({ sale: 1 })
  expect(voucher).toMatchObject({ id: 5, state: 'sold', sale: 1 })
  expect(JSON.stringify(voucher)).not.toContain('31049845')
  const reveal = () => sara.revealVoucher(5, mine)
  const shown = await together(reveal, dara)
  expect(shown.voucherPin).toBe(String(31_049_845_900_004))
  expect((await office.user.sale('1')).disclosures).toBe(1)
  expect(office.acts().at(-1)).toMatchObject({
    ...{ action: 'voucher reveal', voucher: 5, sale: 1, by: 'sara' },
    how: { consentBy: 'dara' },
  })
  expect(JSON.stringify(office.acts())).not.toContain('31049845')
  await requestOf(reveal)
  // In stock it could still be bought, and after a decline so could what a sale has reserved.
  await addSale(office.store, { id: 2, voucherIds: [7] }, 'intent')
  for (const id of [6, 7]) {
    await expect(together(() => sara.revealVoucher(id, mine), dara)).rejects.toEqual(conflict)
  }
  const user = office.user.revealVoucher(5, mine)
  await expect(user).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' })
})

it('a PIN is shown to nobody when that cannot be noted', async () => {
  await addSale(office.store, { id: 1, voucherIds: [5] }, 'sold')
  const { operations } = toldOperations(office.store, { write: () => Promise.resolve(FULL) })
  const shown = operations.revealVoucher({ name: 'sara' }, 5, mine)
  await expect(shown).rejects.toBeInstanceOf(Error)
})

it('what goes back to stock is for sale at once', async () => {
  await quarantine(7)
  const { operations, inventory } = toldOperations(office.store)
  expect(inventory.reserve('093205', 19, TODAY)).toHaveLength(19)
  expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
  await operations.changeVoucher({ name: 'sara' }, 7, { action: 'release' })
  expect(inventory.reserve('093205', 1, TODAY)).toMatchObject([{ id: 7 }])
})

it('a session does not do for a PIN: the password is asked each time, and wrong ones count', async () => {
  await addSale(office.store, { id: 1, voucherIds: [5] }, 'sold')
  const refused = expect.objectContaining({ code: 'LOGIN_REFUSED' })
  const wrong = () => sara.revealVoucher(5, { password: passwordOf('dara') })
  await expect(wrong()).rejects.toEqual(refused)
  // Nobody is asked for consent to it, and it spends none.
  expect(await office.user.approvals()).toEqual([])
  const id = await requestOf(() => sara.revealVoucher(5, mine))
  await dara.decideApproval(id, { approve: true })
  await expect(wrong()).rejects.toEqual(refused)
  expect(await sara.revealVoucher(5, mine)).toMatchObject({ id: 5 })
  for (let index = 0; index < 5; index++) await expect(wrong()).rejects.toEqual(refused)
  await expect(sara.revealVoucher(5, mine)).rejects.toEqual(refused)
  await expect(office.session('sara')).rejects.toEqual(refused)
  const app = await office.app('socket')
  const none = await app.inject({ method: 'POST', url: '/v1/vouchers/5/revelation', payload: {} })
  expect(none.statusCode).toBe(400)
  const acts = JSON.stringify(office.acts())
  expect(acts).not.toContain('the long password')
  expect(office.acts().filter(({ action }) => action === 'login refused')).toHaveLength(7)
})

it('what was never sold goes back to stock, and only from quarantine', async () => {
  await quarantine(7)
  expect(await counts()).toMatchObject({ available: 19, quarantined: 1 })
  expect(await office.user.vouchers({})).toMatchObject([{ id: 7, sale: null }])
  const release = (id: number) => () => sara.changeVoucher(id, { action: 'release' })
  expect(await together(release(7), dara)).toMatchObject({ state: 'available' })
  expect(await counts()).toMatchObject({ available: 20, quarantined: 0 })
  await expect(together(release(7), dara)).rejects.toEqual(conflict)
})

it('what does not open stays out of stock, and can be voided', async () => {
  await quarantine(7)
  const { writer } = office.store
  const sealed = writer.prepare('select sealed from voucher where id = 7').pluck().get()
  const put = writer.prepare('update voucher set sealed = ? where id = 7')
  const change = (action: 'release' | 'void') => () => sara.changeVoucher(7, { action })
  put.run(Buffer.alloc(60))
  await expect(together(change('release'), dara)).rejects.toEqual(conflict)
  expect(await together(change('void'), dara)).toMatchObject({ state: 'voided' })
  expect(await counts()).toMatchObject({ available: 19, voided: 1, quarantined: 0 })
  put.run(sealed)
})

it('what was sold and refunded is voided when the refund has ended, and never released', async () => {
  await addSale(office.store, { id: 1, voucherIds: [5] }, 'refunding')
  const change = (action: 'release' | 'void') => () => sara.changeVoucher(5, { action })
  await expect(together(change('void'), dara)).rejects.toEqual(conflict)
  await endReversal(office.store, 1, 'closed')
  await expect(together(change('release'), dara)).rejects.toEqual(conflict)
  expect(await together(change('void'), dara)).toMatchObject({ state: 'voided', sale: 1 })
  expect(await counts()).toMatchObject({ available: 19, voided: 1, quarantined: 0 })
})

it('what a restore fenced comes back batch by batch, after its acceptance', async () => {
  const statements = fenceStatements(office.store.database, { fromMs: NOW - 1_000, toMs: NOW })
  const about = { action: 'restore', by: 'test', detail: {}, atMs: NOW }
  await must(office.store.journal.write({ kind: 'admin', ...about, statements }))
  expect(await counts()).toMatchObject({ available: 0, fenced: 20 })
  const back = () => sara.returnFenced(1)
  await expect(together(back, dara)).rejects.toEqual(conflict)
  await office.user.acceptFence()
  expect((await together(back, dara)).counts).toMatchObject({ available: 20, fenced: 0 })
  expect(office.acts().at(-1)).toMatchObject({ action: 'fence return', consentBy: 'dara' })
  await expect(together(back, dara)).rejects.toEqual(conflict)
})

it('what comes back from behind a fence is for sale at once', async () => {
  const statements = fenceStatements(office.store.database, { fromMs: NOW - 1_000, toMs: NOW })
  const about = { action: 'restore', by: 'test', detail: {}, atMs: NOW }
  await must(office.store.journal.write({ kind: 'admin', ...about, statements }))
  const { operations, inventory } = toldOperations(office.store)
  await operations.acceptFence({ name: 'sara' })
  expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
  const how = { as: 'login', from: 'socket', consentBy: 'dara' } as const
  await operations.returnFenced({ name: 'sara', how }, 1)
  expect(inventory.reserve('093205', 20, TODAY)).toHaveLength(20)
})

it('what came back before the disk was full is for sale, and the others when asked again', async () => {
  const { store } = office
  await importFile(store, genericFile(vouchersFrom(1_000, 600)))
  const statements = fenceStatements(store.database, { fromMs: NOW - 1_000, toMs: NOW })
  const about = { action: 'restore', by: 'test', detail: {}, atMs: NOW }
  await must(store.journal.write({ kind: 'admin', ...about, statements }))
  let left = 2
  const { operations, inventory } = toldOperations(store, {
    write: (record) => (left-- === 0 ? Promise.resolve(FULL) : store.journal.write(record)),
  })
  await operations.acceptFence({ name: 'sara' })
  const how = { as: 'login', from: 'socket', consentBy: 'dara' } as const
  expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
  const back = () => operations.returnFenced({ name: 'sara', how }, 2)
  await expect(back()).rejects.toMatchObject({ code: 'NOT_READY' })
  expect(inventory.reserve('093205', 20, TODAY)).toHaveLength(20)
  expect((await back()).counts).toMatchObject({ available: 600, fenced: 0 })
})
