// Logins that were removed, and requests that were decided: both stay what they are.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AdminClient } from '../../../admin-api/client.ts'
import { NOW } from '../../voucher-store/temporary-store.ts'
import { type Office, openOffice, requestOf, staffed, together } from '../access/office.ts'

const conflict = expect.objectContaining({ code: 'CONFLICT' })
const password = 'another long password'

let office: Office
let first: AdminClient
let second: AdminClient
beforeEach(async () => {
  office = await openOffice()
  await staffed(office)
  ;[first, second] = [await office.session('first'), await office.session('second')]
})
afterEach(() => office.close())

it('a login that was removed gets no other password, and its name stays taken', async () => {
  const change = (action: 'remove' | 'unblock' | 'password', more: object = {}) =>
    together(() => first.changeLogin('dara', { action, ...more }), second)
  expect(await change('remove')).toMatchObject({ state: 'removed' })
  await expect(change('password', { password })).rejects.toEqual(conflict)
  await expect(change('unblock')).rejects.toEqual(conflict)
  await expect(office.session('dara', password)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  const anew = { name: 'dara', roles: ['administrator' as const], password }
  const again = together(() => first.addLogin(anew), second)
  await expect(again).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
})

it('a request says who asked and until when, then who decided, and so does the record', async () => {
  office.pass(1_000)
  const id = await requestOf(() => first.changeLogin('dara', { action: 'remove' }))
  const asked = { id, act: 'changeLogin', askedBy: 'first' }
  const [askedAt, endsAt] = [NOW + 1_000, NOW + 901_000].map((ms) => new Date(ms).toISOString())
  const pending = { ...asked, askedAt, endsAt, state: 'pending', decidedBy: null }
  expect(await second.approvals()).toMatchObject([pending])
  office.pass(1_000)
  const approved = { ...pending, state: 'approved', decidedBy: 'second' }
  expect(await second.decideApproval(id, { approve: true })).toMatchObject(approved)
  expect(await first.approvals()).toMatchObject([approved])
  expect(office.acts().at(-1)).toMatchObject({
    ...{ action: 'approval approve', approval: id, act: 'changeLogin', askedBy: 'first' },
    by: 'second',
  })
})

it('a request is decided once, whichever way', async () => {
  const remove = () => first.changeLogin('dara', { action: 'remove' })
  const decided = async (approve: boolean) => {
    const id = await requestOf(remove)
    await second.decideApproval(id, { approve })
    for (const later of [true, false]) {
      await expect(second.decideApproval(id, { approve: later })).rejects.toEqual(conflict)
    }
  }
  await decided(false)
  await expect(remove()).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
  await decided(true)
  expect(await remove()).toMatchObject({ state: 'removed' })
})
