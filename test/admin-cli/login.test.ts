// `evs login`: how passwords come in, and that neither they nor tokens come out.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EvsError } from '../../admin-api/errors.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

let folder: string
let env: Record<string, string>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-login-'))
  env = { EVS_SESSION_FILE: join(folder, 'session') }
})
afterEach(() => rmSync(folder, { recursive: true }))

const ADD = 'login add sara --role administrator --role security-officer'.split(' ')
const LONG = 'correct horse battery'

it('a session is kept in a file, and its token is not printed', async () => {
  for (const more of [[], ['--json']]) {
    const words = ['login', 'session', 'sara', ...more]
    const { exitCode, stdout, stderr, asked } = await evs(words, { env, typed: [LONG] })
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(asked[0]?.given[1]).toEqual({ name: 'sara', password: LONG })
    expect(stdout).not.toContain(EXAMPLES.session.token)
    expect(stdout).not.toContain(LONG)
    expect(readFileSync(join(folder, 'session'), 'utf8')).toBe(`${EXAMPLES.session.token}\n`)
  }
  expect((await evs(['login', 'end'], { env })).exitCode).toBe(0)
  expect(() => readFileSync(join(folder, 'session'))).toThrow('ENOENT')
})

it('a session needs the running switch', async () => {
  const stopped = await evs(['login', 'session', 'sara'], { env, typed: [LONG], stopped: true })
  expect([stopped.exitCode, stopped.asked]).toEqual([4, []])
})

it('a new password is typed twice, or comes from a file or standard input', async () => {
  const file = join(folder, 'password')
  writeFileSync(file, `${LONG}\nanother line\n`)
  const ways = [
    await evs(ADD, { typed: [LONG, LONG] }),
    await evs([...ADD, '--password-file', file]),
    await evs([...ADD, '--password-file', '-'], { stdin: `${LONG}\r\n` }),
  ]
  for (const { exitCode, asked, stdout } of ways) {
    expect(exitCode).toBe(0)
    const roles = ['administrator', 'security-officer']
    expect(asked[0]?.given[1]).toEqual({ name: 'sara', roles, password: LONG })
    expect(stdout).not.toContain(LONG)
  }
})

it.each([
  ['the two are not the same', { typed: [LONG, 'something else'] }, []],
  ['there is no terminal', {}, []],
  ['the file is not there', {}, ['--password-file', '/nowhere/x']],
  ['it is empty', {}, ['--password-file', '-']],
  ['it is short', { typed: ['short', 'short'] }, []],
  ['its letters differ', { typed: [LONG, LONG.toUpperCase()] }, []],
])('nothing is sent on when %s', async (_why, given, more) => {
  const { exitCode, asked, stderr } = await evs([...ADD, ...more], given)
  expect([exitCode, asked]).toEqual([2, []])
  expect(stderr).not.toContain('something else')
})

it('the own password needs the old one; that of another login a second person', async () => {
  const own = await evs(['login', 'password'], { env, typed: ['old one', LONG, LONG] })
  expect(own.asked[0]).toMatchObject({
    name: 'changePassword',
    given: [{}, { current: 'old one', password: LONG }],
  })
  expect((await evs(['login', 'password', '--password-file', '-'], { stdin: LONG })).exitCode).toBe(
    2,
  )
  const other = await evs(['login', 'password', 'reza'], { env, typed: [LONG, LONG] })
  expect(other.asked[0]).toMatchObject({
    name: 'changeLogin',
    given: [{}, 'reza', { action: 'password', password: LONG }],
  })
})

it('a login is recovered on the stopped switch alone, and nobody is asked before', async () => {
  const runs = await evs(['login', 'recover', 'sara'], { typed: [LONG, LONG] })
  expect([runs.exitCode, runs.asked.map(({ name }) => name)]).toEqual([1, ['health']])
  const healthOf = (status: 'offline' | 'not selling' | 'draining') => async () => ({
    ...EXAMPLES.health,
    ...{
      status,
      cardHosts: [],
      listeners: [],
      gateways: [],
      reasons: [],
      warnings: [],
    },
  })
  for (const status of ['not selling', 'draining'] as const) {
    const operations = { health: healthOf(status) }
    const { exitCode } = await evs(['login', 'recover', 'sara'], {
      typed: [LONG, LONG],
      operations,
    })
    expect([status, exitCode]).toEqual([status, 1])
  }
  const stopped = { typed: [LONG, LONG], operations: { health: healthOf('offline') } }
  const ran = await evs(['login', 'recover', 'sara'], stopped)
  expect(ran.exitCode, ran.stderr).toBe(0)
  expect(ran.asked.at(-1)?.given[2]).toEqual({ password: LONG })
  expect(ran.stderr).toContain('evs login recovery approve sara')
  for (const [verb, approve] of [['approve', true] as const, ['cancel', false] as const]) {
    const { asked } = await evs(['login', 'recovery', verb, 'sara'])
    expect(asked[0]).toMatchObject({ name: 'decideRecovery', given: [{}, 'sara', { approve }] })
  }
})

it('what needs a second person says what to do, and exits with 5', async () => {
  const resolveClaim = () =>
    Promise.reject(
      new EvsError('APPROVAL_NEEDED', {
        message: 'a second person must approve this: request 1f0c77ab',
        hint: 'another login runs `evs approval approve 1f0c77ab`',
        details: { approval: '1f0c77ab' },
      }),
    )
  const words = 'claims resolve 3 --note paid --json'.split(' ')
  const { exitCode, stdout, stderr } = await evs(words, { operations: { resolveClaim } })
  expect(exitCode).toBe(5)
  expect(JSON.parse(stdout).error.details).toEqual({ approval: '1f0c77ab' })
  expect(stderr).toContain('evs approval approve 1f0c77ab')
})
