// Logins that were removed, and requests that were decided: both stay what they are. And what was
// looked at before an act still holds when it is written.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminClient } from '../../../admin-api/client.ts'
import { NOW } from '../../voucher-store/temporary-store.ts'
import {
  type Office,
  openOffice,
  passwordOf,
  requestOf,
  staffed,
  together,
} from '../access/office.ts'

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

describe('what another request changed in between', () => {
  const action = (name: string) => (record: object) => Object(record).action === name
  const own = 'a password of his own'

  afterEach(async () => {
    expect((await office.user.verifyJournal()).problems).toEqual([])
  })

  it('keeps the last two active officers from being blocked, whoever begins', async () => {
    const third = { name: 'third', roles: ['security-officer' as const], password }
    await together(() => first.addLogin(third), second)
    const held = office.hold(action('login block'))
    const both = Promise.allSettled([
      first.changeLogin('second', { action: 'block' }),
      second.changeLogin('third', { action: 'block' }),
    ])
    await held.came(2)
    held.letGo()
    expect((await both).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const reasons = (await both).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(reasons).toEqual([conflict])
    expect(String(reasons[0]?.message)).toContain('one of the last two security officers')
    const active = (await office.user.logins()).filter(({ roles, state }) => {
      return state === 'active' && roles.includes('security-officer')
    })
    expect(active).toHaveLength(2)
  })

  it('leaves a request as the first of two decided it who did so at once', async () => {
    const third = { name: 'third', roles: ['security-officer' as const], password }
    await together(() => first.addLogin(third), second)
    const other = await office.session('third', password)
    const id = await requestOf(() => first.changeLogin('dara', { action: 'remove' }))
    const held = office.hold((record) => /^approval /.test(Object(record).action))
    const both = Promise.allSettled([
      second.decideApproval(id, { approve: true }),
      other.decideApproval(id, { approve: false }),
    ])
    await held.came(1)
    // Whoever came after has been answered by now, or waits as well.
    await office.user.approvals()
    held.letGo()
    expect(await both).toMatchObject([
      { status: 'fulfilled', value: { state: 'approved', decidedBy: 'second' } },
      { status: 'rejected', reason: { code: 'CONFLICT' } },
    ])
  })

  it('lets nobody add a first officer beside the first one', async () => {
    await office.close()
    office = await openOffice()
    const both = Promise.allSettled(
      ['ali', 'reza'].map((name) =>
        office.user.addLogin({ name, roles: ['security-officer'], password }),
      ),
    )
    expect((await both).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await both).toContainEqual({ status: 'rejected', reason: conflict })
    expect(await office.user.logins()).toHaveLength(1)
  })

  it('lets the first officer add a second one alone, and no third beside him', async () => {
    await office.close()
    office = await openOffice()
    const officer = (name: string) => ({ name, roles: ['security-officer' as const], password })
    await office.user.addLogin(officer('ali'))
    const ali = await office.session('ali', password)
    const both = Promise.allSettled(['dara', 'sara'].map((name) => ali.addLogin(officer(name))))
    expect(await both).toContainEqual({ status: 'rejected', reason: conflict })
    expect(await office.user.logins()).toHaveLength(2)
  })

  it('is not overwritten by a change of a password that was reset meanwhile', async () => {
    const dara = await office.session('dara')
    const held = office.hold((record) => Object(record).by === 'dara')
    const change = dara.changePassword({ current: passwordOf('dara'), password: own })
    const refused = expect(change).rejects.toEqual(conflict)
    await held.came(1)
    await together(() => first.changeLogin('dara', { action: 'password', password }), second)
    held.letGo()
    await refused
    await office.session('dara', password)
  })

  it('is not overwritten by a change of the password of who was blocked meanwhile', async () => {
    const dara = await office.session('dara')
    const held = office.hold((record) => Object(record).by === 'dara')
    const change = dara.changePassword({ current: passwordOf('dara'), password: own })
    const refused = expect(change).rejects.toEqual(conflict)
    await held.came(1)
    await first.changeLogin('dara', { action: 'block' })
    held.letGo()
    await refused
  })

  it('leaves a login that was removed meanwhile without the password of a reset', async () => {
    const reset = () => first.changeLogin('dara', { action: 'password', password })
    await second.decideApproval(await requestOf(reset), { approve: true })
    const held = office.hold(action('login password'))
    const refused = expect(reset()).rejects.toEqual(conflict)
    await held.came(1)
    await together(() => second.changeLogin('dara', { action: 'remove' }), first)
    held.letGo()
    await refused
    const left = office.store.database.prepare('select count(*) from login_password').pluck()
    expect(left.get()).toBe(3)
  })

  it.each([false, true])(
    'ends a change that a recovery began when it is over: approved %s',
    async (is) => {
      const machine = await office.client('stopped')
      await machine.recoverLogin('first', { password })
      if (!is) office.pass(86_400_000)
      const old = is ? passwordOf('first') : password
      // What he proved his right with is in force no more when it is written.
      const asked = is ? first : await office.session('first', old)
      const officer = is ? second : await office.session('second')
      const held = office.hold((record) => Object(record).by === 'first')
      const change = asked.changePassword({ current: old, password: own })
      const refused = expect(change).rejects.toEqual(conflict)
      await held.came(1)
      await officer.decideRecovery('first', { approve: is })
      held.letGo()
      await refused
      await office.session('first', is ? password : passwordOf('first'))
    },
  )

  it('is told to who ends a recovery too late', async () => {
    const machine = await office.client('stopped')
    await machine.recoverLogin('first', { password })
    const held = office.hold(action('login recovery cancel'))
    const cancel = second.decideRecovery('first', { approve: false })
    const refused = expect(cancel).rejects.toEqual(conflict)
    await held.came(1)
    await first.changePassword({ current: passwordOf('first'), password: own })
    held.letGo()
    await refused
    await office.session('first', own)
  })
})
