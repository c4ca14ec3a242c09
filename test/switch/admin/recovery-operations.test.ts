// The recovery of an officer's login: on the stopped switch alone, in force after a delay or with
// another officer, for nothing but a password of his own, seen by all and ended by any officer.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminClient } from '../../../admin-api/client.ts'
import { recoveryWarning } from '../../../switch/admin/recovery-operations.ts'
import { NOW } from '../../voucher-store/temporary-store.ts'
import { type Office, openOffice, passwordOf, staffed, together } from '../access/office.ts'

const DAY = 86_400_000
const GIVEN = 'what the machine gave him'
const OWN = 'what he alone knows now'

let office: Office
/** The command on the machine, with the switch stopped. */
let machine: AdminClient

beforeEach(async () => {
  office = await openOffice()
  await staffed(office, { sara: ['administrator'] })
  machine = await office.client('stopped')
})
afterEach(async () => {
  // Rebuilt from its journal the store is the same, with and without a recovery in it.
  expect((await office.user.verifyJournal()).problems).toEqual([])
  expect(JSON.stringify(office.acts())).not.toMatch(/argon2|the machine gave|he alone knows/)
  await office.close()
})

const refusal = (code: string) => expect.objectContaining({ code })
const recover = (name = 'first') => machine.recoverLogin(name, { password: GIVEN })
const rows = async () => (await office.user.logins()).map(({ recoveryFrom }) => recoveryFrom)
const warning = (atMs = NOW) => recoveryWarning(office.store.database, atMs)

describe('a forgotten password of an officer', () => {
  it('is replaced after the delay, and first of all by one that he alone knows', async () => {
    const from = new Date(NOW + DAY).toISOString()
    expect(await recover()).toMatchObject({ name: 'first', recoveryFrom: from })
    expect(await rows()).toEqual([from, null, null])
    office.pass(DAY - 1)
    await expect(office.session('first', GIVEN)).rejects.toEqual(refusal('LOGIN_REFUSED'))
    await (await office.session('first')).stock()
    office.pass(1)
    await expect(office.session('first')).rejects.toEqual(refusal('LOGIN_REFUSED'))
    const first = await office.session('first', GIVEN)
    await expect(first.stock()).rejects.toEqual(refusal('NOT_ALLOWED'))
    expect(office.acts().at(-1)).toMatchObject({ action: 'refused', act: 'stock', by: 'first' })
    const block = first.changeLogin('sara', { action: 'block' })
    await expect(block).rejects.toEqual(refusal('NOT_ALLOWED'))
    const same = first.changePassword({ current: GIVEN, password: GIVEN })
    await expect(same).rejects.toEqual(refusal('USAGE'))
    await first.changePassword({ current: GIVEN, password: OWN })
    for (const old of [GIVEN, passwordOf('first')]) {
      await expect(office.session('first', old)).rejects.toEqual(refusal('LOGIN_REFUSED'))
    }
    await (await office.session('first', OWN)).changeLogin('sara', { action: 'block' })
    expect([await rows(), warning()]).toEqual([[null, null, null], undefined])
  })

  it('is replaced at once when another officer agrees, and nobody agrees for himself', async () => {
    await recover()
    const [first, second] = [await office.session('first'), await office.session('second')]
    const own = first.decideRecovery('first', { approve: true })
    await expect(own).rejects.toEqual(refusal('NOT_ALLOWED'))
    const sara = (await office.session('sara')).decideRecovery('first', { approve: true })
    await expect(sara).rejects.toEqual(refusal('NOT_ALLOWED'))
    const user = office.user.decideRecovery('first', { approve: true })
    await expect(user).rejects.toEqual(refusal('LOGIN_REQUIRED'))
    await second.decideRecovery('first', { approve: true })
    // The session of the password before is over with it.
    await expect(first.endSession()).rejects.toEqual(refusal('LOGIN_REQUIRED'))
    const again = await office.session('first', GIVEN)
    await again.changePassword({ current: GIVEN, password: OWN })
    await office.session('first', OWN)
  })

  it('may wait: who was let in with the one of the recovery can log out again', async () => {
    await recover()
    office.pass(DAY)
    const first = await office.session('first', GIVEN)
    await first.endSession()
    await expect(first.endSession()).rejects.toEqual(refusal('LOGIN_REQUIRED'))
    await office.session('first', GIVEN)
  })

  it.each(['first', 'second'])('stays as it is when %s ends the recovery', async (name) => {
    await recover()
    await (await office.session(name)).decideRecovery('first', { approve: false })
    office.pass(2 * DAY)
    await expect(office.session('first', GIVEN)).rejects.toEqual(refusal('LOGIN_REFUSED'))
    await office.session('first')
    const gone = (await office.session(name)).decideRecovery('first', { approve: false })
    await expect(gone).rejects.toEqual(refusal('NOT_FOUND'))
  })

  it('is back when a recovery is ended that was in force already', async () => {
    await recover()
    office.pass(DAY)
    const stolen = await office.session('first', GIVEN)
    await (await office.session('second')).decideRecovery('first', { approve: false })
    await expect(stolen.endSession()).rejects.toEqual(refusal('LOGIN_REQUIRED'))
    await office.session('first')
  })

  it('needs no recovery any more once it has a new one, or its login is removed', async () => {
    await recover('second')
    const first = await office.session('first')
    await (await office.session('second')).changePassword({
      ...{ current: passwordOf('second'), password: OWN },
    })
    expect(warning()).toBeUndefined()
    const add = () =>
      first.addLogin({ name: 'third', roles: ['security-officer'], password: passwordOf('third') })
    await together(add, await office.session('second', OWN))
    await recover('third')
    const remove = () => first.changeLogin('third', { action: 'remove' })
    await together(remove, await office.session('second', OWN))
    expect(warning()).toBeUndefined()
  })
})

describe('a recovery', () => {
  it.each(['socket', 'tcp'] as const)('is not to be had over the %s', async (from) => {
    const running = await office.client(from)
    const asked = running.recoverLogin('first', { password: GIVEN })
    await expect(asked).rejects.toEqual(refusal('CONFLICT'))
    expect(office.acts().at(-1)).toMatchObject({ action: 'refused', act: 'recoverLogin' })
  })

  it('is for one officer at a time, and for nobody else', async () => {
    await expect(recover('sara')).rejects.toThrow('no security officer')
    await expect(recover('nobody')).rejects.toEqual(refusal('NOT_FOUND'))
    await recover()
    await expect(recover('second')).rejects.toThrow('first is being recovered already')
    await expect(recover('first')).rejects.toEqual(refusal('CONFLICT'))
  })

  it('is not for an officer who was blocked: that is not what he forgot', async () => {
    const [first, second] = [await office.session('first'), await office.session('second')]
    const third = { name: 'third', roles: ['security-officer' as const] }
    await together(() => first.addLogin({ ...third, password: passwordOf('third') }), second)
    await first.changeLogin('third', { action: 'block' })
    await expect(recover('third')).rejects.toThrow('login third is blocked')
    expect(warning()).toBeUndefined()
  })

  it('is told to everybody, and on record with who did it and how', async () => {
    await recover()
    expect(warning()).toMatch(/^login first is being recovered since .* in force from /)
    expect(warning(NOW + DAY)).toContain('in force since')
    expect((await office.user.health()).warnings).toEqual([warning()])
    await (await office.session('second')).decideRecovery('first', { approve: true })
    office.pass(1)
    await office.session('first', GIVEN)
    const told = office.acts().filter(({ action }) => String(action).startsWith('login'))
    expect(told.slice(-4)).toMatchObject([
      { action: 'login recover', name: 'first', by: 'ali', how: { as: 'user', from: 'stopped' } },
      { action: 'login session', by: 'second' },
      { action: 'login recovery approve', name: 'first', by: 'second', how: { as: 'login' } },
      { action: 'login session', by: 'first', recovered: true },
    ])
  })

  it('whose password a hand changed is found by the digest in the journal', async () => {
    await recover()
    const { writer } = office.store
    const read = writer.prepare('select verifier from login_password where login = -1').pluck()
    const before = read.get()
    const put = writer.prepare('update login_password set verifier = ? where login = -1')
    put.run(writer.prepare('select verifier from login_password where login = 3').pluck().get())
    const { problems } = await office.user.verifyJournal()
    expect(problems).toContain('login_password 4 is not what was set')
    put.run(before)
  })
})
