// Names and passwords: what is wrong looks the same, a name is locked after a few tries, sessions
// end, and no password is anywhere to be read.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EvsError } from '../../../admin-api/errors.ts'
import { Passwords } from '../../../switch/access/passwords.ts'
import { NOW } from '../../voucher-store/temporary-store.ts'
import { FULL } from '../core/fake-journal.ts'
import { type Office, openOffice, passwordOf, staffed, together } from './office.ts'

let office: Office
beforeEach(async () => {
  office = await openOffice()
  await staffed(office)
})
afterEach(() => office.close())

const MINUTE = 60_000

async function tries(name: string, count: number) {
  const app = await office.app('socket')
  const answers: { status: number; body: string; ms: number }[] = []
  for (let index = 0; index < count; index++) {
    const from = performance.now()
    const payload = { name, password: 'a wrong password' }
    const answer = await app.inject({ method: 'POST', url: '/v1/sessions', payload })
    const ms = performance.now() - from
    answers.push({ status: answer.statusCode, body: answer.body, ms })
  }
  return answers
}

const wrongOnes = () => office.acts().filter(({ action }) => action === 'login refused')

it('eleven wrong passwords lock a login for 30 minutes, the right one included', async () => {
  await tries('sara', 11)
  expect(wrongOnes().map(({ login, locked }) => [login, locked])).toEqual([
    ...Array.from({ length: 4 }, () => ['sara', false]),
    ['sara', true],
  ])
  const right = () => office.session('sara')
  await expect(right()).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  expect((await office.user.logins()).find(({ name }) => name === 'sara')?.locked).toBe(true)
  office.pass(30 * MINUTE - 1)
  await expect(right()).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  office.pass(1)
  await (await right()).stock()
})

it('wrong passwords lock from the last of them on, however long ago the first was', async () => {
  await tries('sara', 4)
  office.pass(20 * MINUTE)
  await tries('sara', 1)
  office.pass(30 * MINUTE - 1)
  await expect(office.session('sara')).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  office.pass(1)
  await (await office.session('sara')).stock()
})

it('nobody can tell a name that there is from one that there is not', async () => {
  const [known, unknown] = [await tries('sara', 11), await tries('nobody.here', 11)]
  const texts = [...known, ...unknown].map(({ status, body }) => `${status} ${body}`)
  expect(new Set(texts).size).toBe(1)
  expect(texts[0]).toMatch(/^401 .*LOGIN_REFUSED/)
  // What was typed where a name belongs may be a password.
  expect(wrongOnes().at(-1)?.login).toBeNull()
  expect(JSON.stringify(office.acts())).not.toContain('nobody.here')
})

// Once more on a machine that is busy with other things: a difference would be there each time.
it('and an unknown name takes as long as a wrong password', { retry: 3 }, async () => {
  const middle = (ms: number[]) => ms.toSorted((a, b) => a - b)[Math.floor(ms.length / 2)] ?? 0
  const [known, unknown]: [number[], number[]] = [[], []]
  for (let round = 0; round < 6; round++) {
    // Turn by turn, so that a busy machine is slow for both.
    for (let index = 0; index < 4; index++) {
      known.push((await tries('sara', 1))[0]?.ms ?? 0)
      unknown.push((await tries('nobody', 1))[0]?.ms ?? 0)
    }
    office.pass(30 * MINUTE)
  }
  expect(Math.abs(middle(known) - middle(unknown))).toBeLessThan(10)
})

it('a blocked login is refused in the same words, and its session is dead', async () => {
  const sara = await office.session('sara')
  await (await office.session('first')).changeLogin('sara', { action: 'block' })
  await expect(sara.endSession()).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' })
  const { body } = (await tries('sara', 1))[0] ?? {}
  await expect(office.session('sara')).rejects.toMatchObject(JSON.parse(body ?? '').error)
})

it('who is blocked while his password is looked at gets no session', async () => {
  const first = await office.session('first')
  const { fits } = Passwords.prototype
  const spy = vi.spyOn(Passwords.prototype, 'fits').mockImplementation(async function (
    this: Passwords,
    ...given
  ) {
    await first.changeLogin('sara', { action: 'block' })
    return fits.apply(this, given)
  })
  await expect(office.session('sara')).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  spy.mockRestore()
  expect(wrongOnes().map(({ login }) => login)).toEqual(['sara'])
})

it('nobody gets a session that cannot be written down', async () => {
  const write = vi.spyOn(office.store.journal, 'write').mockResolvedValueOnce(FULL)
  await expect(office.session('sara')).rejects.toMatchObject({ code: 'NOT_READY' })
  write.mockRestore()
  await office.session('sara')
})

it('a session stays dead when its login is blocked and unblocked again', async () => {
  const sara = await office.session('sara')
  const [first, second] = [await office.session('first'), await office.session('second')]
  await first.changeLogin('sara', { action: 'block' })
  await together(() => first.changeLogin('sara', { action: 'unblock' }), second)
  await expect(sara.endSession()).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' })
  await (await office.session('sara')).endSession()
})

it('tries at the same moment count too', async () => {
  const app = await office.app('socket')
  const payload = { name: 'sara', password: 'a wrong password' }
  const send = () => app.inject({ method: 'POST', url: '/v1/sessions', payload })
  await Promise.all(Array.from({ length: 11 }, send))
  expect(wrongOnes()).toHaveLength(5)
})

it('names that nobody has are told of once a minute, with how many they were', async () => {
  const before = office.acts().length
  for (let index = 0; index < 20; index++) await tries(`nobody.${index}`, 1)
  expect(wrongOnes().map(({ login, times }) => [login, times])).toEqual([[null, 1]])
  office.pass(MINUTE)
  await tries('nobody.else', 1)
  expect(wrongOnes().map(({ times }) => times)).toEqual([1, 20])
  // A login that somebody has hides behind none of them.
  await tries('sara', 1)
  expect(wrongOnes().at(-1)).toMatchObject({ login: 'sara', locked: false })
  expect(office.acts()).toHaveLength(before + 3)
})

it('tries at a locked name are no records', async () => {
  await tries('sara', 5)
  const before = office.acts().length
  await tries('sara', 20)
  expect(office.acts()).toHaveLength(before)
})

it('who is refused because too many passwords are being checked has tried none', async () => {
  const full = new EvsError('NOT_READY', { message: 'too many passwords are being checked' })
  const spy = vi.spyOn(Passwords.prototype, 'fits').mockRejectedValue(full)
  for (const { status } of await tries('sara', 8)) expect(status).toBe(503)
  spy.mockRestore()
  await (await office.session('sara')).stock()
  expect(wrongOnes()).toEqual([])
})

it('a session ends when it is idle, when it is old, and when it is ended', async () => {
  const idle = await office.session('sara')
  office.pass(15 * MINUTE)
  await expect(idle.endSession()).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' })
  const busy = await office.session('sara')
  for (let minutes = 0; minutes < 8 * 60 - 10; minutes += 10) {
    office.pass(10 * MINUTE)
    await busy.stock()
  }
  office.pass(10 * MINUTE)
  await expect(busy.endSession()).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' })
  const over = await office.session('sara')
  expect(await over.endSession()).toEqual({ ended: true })
  await expect(over.endSession()).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' })
  expect(office.acts().filter(({ action }) => action === 'login end')).toHaveLength(1)
})

it('a session tells whose it is, what he may do, and for how long', async () => {
  const opened = await office.user.openSession({ name: 'first', password: passwordOf('first') })
  expect(opened).toMatchObject({
    ...{ name: 'first', roles: ['security-officer'], idleSeconds: 15 * 60 },
    endsAt: new Date(NOW + 8 * 60 * MINUTE).toISOString(),
  })
  expect(office.acts().at(-1)).toMatchObject({
    ...{ action: 'login session', by: 'first', how: { as: 'login', from: 'socket' } },
  })
})

it('a new password of one’s own needs the old one, and ends every session', async () => {
  const sara = await office.session('sara')
  const password = 'a new long password'
  const wrong = sara.changePassword({ current: 'not the old one', password })
  await expect(wrong).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  await sara.changePassword({ current: passwordOf('sara'), password })
  await expect(sara.endSession()).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' })
  await office.session('sara', password)
})

it('neither password, verifier nor token is in the journal, and the store has no password', async () => {
  const { token } = await office.user.openSession({ name: 'sara', password: passwordOf('sara') })
  const { database } = office.store
  const bodies = database.prepare('select group_concat(body) from journal').pluck().get()
  expect(bodies).not.toMatch(/argon2/)
  expect(bodies).not.toContain('the long password')
  expect(bodies).not.toContain(token)
  const verifiers = database.prepare('select verifier from login_password').pluck().all()
  for (const verifier of verifiers) expect(verifier).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(verifiers).toHaveLength(4)
})

it('a password that a hand put into the store is found by its digest in the journal', async () => {
  const { writer } = office.store
  const verifier = writer.prepare('select verifier from login_password where id = 1').pluck().get()
  writer.prepare('update login_password set verifier = ? where id = 3').run(verifier)
  await office.session('dara', passwordOf('first'))
  expect((await office.user.verifyJournal()).problems).toContain(
    'login_password 3 is not what was set',
  )
})

it('who is removed keeps his name and cannot come back', async () => {
  const [first, second] = [await office.session('first'), await office.session('second')]
  const remove = () => first.changeLogin('dara', { action: 'remove' })
  const id = await remove().catch((error) => error.details.approval as string)
  await second.decideApproval(String(id), { approve: true })
  expect(await remove()).toMatchObject({ state: 'removed' })
  await expect(office.session('dara')).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  expect((await office.user.verifyJournal()).problems).toEqual([])
})
