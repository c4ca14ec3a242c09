// Who is let in, by which door, and what needs a second person; every refusal is in the record.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACCESS } from '../../../admin-api/access.ts'
import { ROUTES } from '../../../admin-api/routes.ts'
import {
  addSale,
  endReversal,
  genericFile,
  importFile,
  must,
  NOW,
  vouchersFrom,
} from '../../voucher-store/temporary-store.ts'
import { FULL } from '../core/fake-journal.ts'
import { type Office, openOffice, passwordOf, requestOf, staffed, together } from './office.ts'

let office: Office
beforeEach(async () => {
  office = await openOffice()
})
afterEach(() => office.close())

const refused = (code: string) => expect.objectContaining({ code })
const merchant = { mid: '000000000000777', name: 'Shop', city: 'Tehran', institution: 0 }
const last = () => office.acts().at(-1)

describe('the first logins', () => {
  const first = {
    name: 'first',
    roles: ['security-officer' as const],
    password: passwordOf('first'),
  }

  it('there are none, and the first is an officer added by who may open the socket', async () => {
    expect(await office.user.logins()).toEqual([])
    const clerk = { ...first, roles: ['administrator' as const] }
    await expect(office.user.addLogin(clerk)).rejects.toEqual(refused('CONFLICT'))
    const far = await office.client('tcp')
    await expect(far.addLogin(first)).rejects.toEqual(refused('LOGIN_REQUIRED'))
    expect(await office.user.addLogin(first)).toMatchObject({ name: 'first', state: 'active' })
    expect(last()).toMatchObject({
      ...{ action: 'login add', by: 'ali', bootstrap: true },
      how: { as: 'user', from: 'socket' },
    })
    const again = office.user.addLogin({ ...first, name: 'ghost' })
    await expect(again).rejects.toEqual(refused('LOGIN_REQUIRED'))
  })

  it('the second is an officer too, and from then on nobody adds one alone', async () => {
    await office.user.addLogin(first)
    const officer = await office.session('first')
    const clerk = { ...first, name: 'clerk', roles: ['administrator' as const] }
    await expect(officer.addLogin(clerk)).rejects.toEqual(refused('CONFLICT'))
    await officer.addLogin({ ...first, name: 'second' })
    await expect(officer.addLogin(clerk)).rejects.toEqual(refused('APPROVAL_NEEDED'))
    // Blocked and removed officers count: there is no way back to the beginning.
    await expect(officer.changeLogin('second', { action: 'block' })).rejects.toEqual(
      refused('CONFLICT'),
    )
  })

  it('are added with the switch stopped as well, and nothing else that needs a login', async () => {
    const stopped = await office.client('stopped')
    await stopped.addLogin(first)
    expect(last()).toMatchObject({ how: { from: 'stopped' } })
    const password = passwordOf('first')
    await expect(stopped.openSession({ name: 'first', password })).rejects.toMatchObject({
      code: 'SWITCH_UNREACHABLE',
    })
    await expect(stopped.resolveClaim(1, { resolution: 'x' })).rejects.toEqual(
      refused('LOGIN_REQUIRED'),
    )
  })
})

describe('the socket', () => {
  it('gives daily work to who may open it, and names the user', async () => {
    await office.user.addMerchant(merchant)
    expect(last()).toMatchObject({
      ...{ action: 'merchant add', by: 'ali', how: { as: 'user', from: 'socket' } },
    })
    await staffed(office, { dara: ['viewer'] })
    const dara = await office.session('dara')
    await dara.changeMerchant(merchant.mid, { institution: 0, enabled: false })
    expect(last()).toMatchObject({ by: 'dara', how: { as: 'login', from: 'socket' } })
  })

  it('gives nothing that needs a login to a login without the role', async () => {
    await staffed(office, { dara: ['viewer'], sara: ['administrator'] })
    const dara = await office.session('dara')
    await expect(dara.changeLogin('sara', { action: 'block' })).rejects.toEqual(
      refused('NOT_ALLOWED'),
    )
    expect(last()).toMatchObject({ action: 'refused', act: 'changeLogin', by: 'dara' })
    await (await office.session('sara')).stock()
  })

  it('gives nothing that needs a login to who has none', async () => {
    await expect(office.user.resolveClaim(1, { resolution: 'x' })).rejects.toEqual(
      refused('LOGIN_REQUIRED'),
    )
    expect(last()).toMatchObject({
      ...{ action: 'refused', act: 'resolveClaim', code: 'LOGIN_REQUIRED', by: 'ali' },
      on: { id: 1 },
    })
  })

  it('records an act that was let in and did not happen', async () => {
    await office.user.addMerchant(merchant)
    await expect(office.user.addMerchant(merchant)).rejects.toEqual(refused('ALREADY_EXISTS'))
    expect(last()).toMatchObject({ action: 'refused', act: 'addMerchant', code: 'ALREADY_EXISTS' })
    const before = office.acts().length
    await expect(office.user.batch(77)).rejects.toEqual(refused('NOT_FOUND'))
    expect(office.acts()).toHaveLength(before)
  })
})

describe('TCP', () => {
  it('lets nobody do anything without a session, whoever he says he is', async () => {
    const app = await office.app('tcp')
    for (const [name, route] of Object.entries(ROUTES)) {
      if (ACCESS[name as keyof typeof ACCESS].open === true) continue
      const url = route.path.replace(':report', 'sales').replace(/:(id|mid)/, '1')
      const path = url.replace(':name', 'sara').replace(':product', '091905')
      const headers = { 'x-evs-user': 'root', authorization: 'Bearer forged' }
      const response = await app.inject({ method: route.method, url: path, headers })
      // What does not fit is refused for that, before anybody asks who it was.
      expect([400, 401, 415], `${name} ${response.body}`).toContain(response.statusCode)
    }
    expect(office.acts().filter(({ action }) => action === 'refused')).toHaveLength(1)
    office.pass(60_000)
    expect((await app.inject('/v1/stock')).statusCode).toBe(401)
    expect(last()).toMatchObject({ action: 'refused', act: 'stock', by: 'unknown' })
    expect(Number(last()?.times)).toBeGreaterThan(10)
  })

  it('tells of those who have no session once a minute, and how many they were', async () => {
    const app = await office.app('tcp')
    const headers = { 'x-evs-user': 'root' }
    for (let round = 0; round < 10; round++) {
      for (let knock = 0; knock < 2; knock++) await app.inject({ url: '/v1/stock', headers })
      office.pass(20_000)
    }
    // Nobody is believed to be whom he says.
    const told = office.acts().filter(({ action }) => action === 'refused')
    expect(told.map(({ by, times }) => [by, times])).toEqual([
      ...[1, 6, 6, 6].map((times) => ['unknown', times]),
    ])
  })

  it('gives each role what is its own', async () => {
    await staffed(office, { dara: ['viewer'], sara: ['administrator'] })
    const tcp = async (name: string) => {
      const door = await office.client('tcp')
      const { token } = await door.openSession({ name, password: passwordOf(name) })
      return office.client('tcp', token)
    }
    const [viewer, clerk, officer] = [await tcp('dara'), await tcp('sara'), await tcp('first')]
    expect(await viewer.stock()).toHaveLength(2)
    await expect(viewer.addMerchant(merchant)).rejects.toEqual(refused('NOT_ALLOWED'))
    expect(last()).toMatchObject({ action: 'refused', by: 'dara', code: 'NOT_ALLOWED' })
    await clerk.addMerchant(merchant)
    expect(last()).toMatchObject({ by: 'sara', how: { as: 'login', from: 'tcp' } })
    await expect(officer.addMerchant(merchant)).rejects.toEqual(refused('NOT_ALLOWED'))
    await expect(clerk.changeLogin('dara', { action: 'block' })).rejects.toEqual(
      refused('NOT_ALLOWED'),
    )
    await officer.changeLogin('dara', { action: 'block' })
    await expect(viewer.stock()).rejects.toEqual(refused('LOGIN_REQUIRED'))
  })

  it('answers 500 addresses that are none with generic words', async () => {
    const app = await office.app('tcp')
    for (let index = 0; index < 500; index++) {
      const tail = ['', '/', '%00', "'--", '/../..', '.php', '?x=<script>'][index % 7]
      const response = await app.inject(`/v1/${index.toString(36)}${tail}`)
      expect([400, 404]).toContain(response.statusCode)
      expect(response.body).not.toMatch(/at .*:\d+|select |sqlite|node_modules|fastify/i)
      expect(response.headers['x-powered-by']).toBeUndefined()
      expect(response.headers['cache-control']).toBe('no-store')
    }
  })
})

describe('a second person', () => {
  beforeEach(async () => {
    await staffed(office)
    await importFile(office.store, genericFile(vouchersFrom(0, 20)))
    await addSale(office.store, { id: 3, voucherIds: [3] }, 'reversing')
    await endReversal(office.store, 3, 'suspense')
  })
  const resolution = { as: 'reversed', note: 'letter 4/112' } as const

  it('must approve before money moves, and it moves once', async () => {
    const [sara, dara] = [await office.session('sara'), await office.session('dara')]
    const act = () => sara.resolveSuspense(3, resolution)
    const id = await requestOf(act)
    expect(last()).toMatchObject({
      ...{ action: 'approval request', approval: id, by: 'sara', act: 'resolveSuspense' },
      given: { id: 3, ...resolution },
    })
    // Asked again it is the same request, and waits.
    expect(await requestOf(act)).toBe(id)
    expect(await dara.approvals()).toMatchObject([{ id, askedBy: 'sara', state: 'pending' }])
    await dara.decideApproval(id, { approve: true })
    expect(await act()).toMatchObject({ status: 'closed' })
    const said = office.acts().find(({ action }) => action === 'suspense resolve')
    expect(said).toMatchObject({ by: 'sara', how: { approval: id, consentBy: 'dara' } })
    expect(await dara.approvals()).toEqual([])
    await requestOf(act)
  })

  it('is another person, who has the right, and approves exactly what was asked', async () => {
    const [sara, dara] = [await office.session('sara'), await office.session('dara')]
    const officer = await office.session('first')
    const id = await requestOf(() => sara.resolveSuspense(3, resolution))
    const approve = { approve: true }
    await expect(sara.decideApproval(id, approve)).rejects.toEqual(refused('NOT_ALLOWED'))
    await expect(officer.decideApproval(id, approve)).rejects.toEqual(refused('NOT_ALLOWED'))
    await expect(office.user.decideApproval(id, approve)).rejects.toEqual(refused('LOGIN_REQUIRED'))
    await dara.decideApproval(id, approve)
    const other = () => sara.resolveSuspense(3, { ...resolution, as: 'no-debit' })
    expect(await requestOf(other)).not.toBe(id)
    expect(await requestOf(() => sara.resolveSuspense(4, resolution))).not.toBe(id)
    // Nor may who approved use the approval.
    expect(await requestOf(() => dara.resolveSuspense(3, resolution))).not.toBe(id)
    await expect(dara.decideApproval(id, approve)).rejects.toEqual(refused('CONFLICT'))
    const refusals = office.acts().filter(({ action }) => action === 'refused')
    expect(refusals.map(({ by, code }) => [by, code])).toEqual([
      ['sara', 'NOT_ALLOWED'],
      ['first', 'NOT_ALLOWED'],
      ['ali', 'LOGIN_REQUIRED'],
      ['dara', 'CONFLICT'],
    ])
  })

  it('is not asked by who has no right to the act himself, over the socket either', async () => {
    const officer = await office.session('first')
    const asked = officer.resolveSuspense(3, resolution)
    await expect(asked).rejects.toEqual(refused('NOT_ALLOWED'))
    expect(last()).toMatchObject({ action: 'refused', act: 'resolveSuspense', by: 'first' })
    expect(await office.user.approvals()).toEqual([])
  })

  it('may deny, and then it is asked anew; and consent does not last', async () => {
    const [sara, dara] = [await office.session('sara'), await office.session('dara')]
    const act = () => sara.resolveSuspense(3, resolution)
    const denied = await requestOf(act)
    await dara.decideApproval(denied, { approve: false })
    await expect(act()).rejects.toMatchObject({
      code: 'NOT_ALLOWED',
      message: expect.stringContaining('dara denied'),
    })
    const id = await requestOf(act)
    expect(id).not.toBe(denied)
    await dara.decideApproval(id, { approve: true })
    office.pass(14 * 60_000)
    await sara.stock()
    office.pass(60_000)
    expect(await requestOf(act)).not.toBe(id)
  })

  it('has not consented any more once he is blocked, and unblocked neither', async () => {
    const [sara, dara] = [await office.session('sara'), await office.session('dara')]
    const [first, second] = [await office.session('first'), await office.session('second')]
    const act = () => sara.resolveSuspense(3, resolution)
    const id = await requestOf(act)
    await dara.decideApproval(id, { approve: true })
    await first.changeLogin('dara', { action: 'block' })
    const anew = await requestOf(act)
    expect(anew).not.toBe(id)
    await together(() => first.changeLogin('dara', { action: 'unblock' }), second)
    expect(await requestOf(act)).toBe(anew)
  })

  it('is asked, and consents, only on record: what cannot be written leaves no request', async () => {
    const [sara, dara] = [await office.session('sara'), await office.session('dara')]
    const { journal } = office.store
    const { write } = journal
    const onFullDisk = async (act: () => Promise<unknown>) => {
      journal.write = async () => FULL
      await expect(act()).rejects.toEqual(refused('NOT_READY'))
      journal.write = write
    }
    const act = () => sara.resolveSuspense(3, resolution)
    await onFullDisk(act)
    expect(await dara.approvals()).toEqual([])
    const id = await requestOf(act)
    expect(last()).toMatchObject({ action: 'approval request', approval: id })
    await onFullDisk(() => dara.decideApproval(id, { approve: true }))
    expect(await dara.approvals()).toEqual([])
    expect(await requestOf(act)).not.toBe(id)
  })

  it('is not needed to send a reversal again', async () => {
    const retry = { as: 'retry', note: 'host is back' } as const
    expect(await office.user.resolveSuspense(3, retry)).toMatchObject({ status: 'pending' })
  })

  it('is needed for claims, for logins and by both ways in', async () => {
    await must(office.store.journal.write({ kind: 'claim', id: 3, reason: 'too late', atMs: NOW }))
    const [sara, dara] = [await office.session('sara'), await office.session('dara')]
    const closed = await together(() => sara.resolveClaim(1, { resolution: 'paid' }), dara)
    expect(closed.resolution).toBe('paid')
    const [first, second] = [await office.session('first'), await office.session('second')]
    const change = { action: 'password', password: 'another long one' } as const
    const reset = () => first.changeLogin('dara', change)
    await requestOf(reset)
    expect(JSON.stringify(office.acts())).not.toContain(change.password)
    expect(await second.approvals()).toMatchObject([{ given: { password: '***' } }])
    await together(reset, second)
    await expect(dara.decideApproval('00000000', { approve: true })).rejects.toEqual(
      refused('LOGIN_REQUIRED'),
    )
    await office.session('dara', change.password)
  })

  it('approves a key that is loaded without seeing its parts, and nor does the record', async () => {
    const [first, second] = [await office.session('first'), await office.session('second')]
    const owner = { kind: 'institution', name: 'bank', institution: 0 } as const
    const parts = ['A1', 'B2'].map((byte) => ({ part: byte.repeat(16), checkValue: '0F0F0F' }))
    await requestOf(() => first.loadKey({ owner, scheme: 'aes', parts }))
    const asked = await second.approvals()
    expect(asked).toMatchObject([{ given: { owner, parts: '***' } }])
    const said = JSON.stringify([asked, office.acts()])
    for (const { part } of parts) expect(said).not.toContain(part)
  })
})
