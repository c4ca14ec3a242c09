// Officers and custodians at a real switch, by the command: a key is loaded from parts of two
// people, a restart drops what was entered, and an officer who forgot his password gets in again,
// slowly and loudly. No part is in the data, the log or on a screen.

import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { until } from '../protocol/link/loopback.ts'
import { newModule } from '../protocol/security/test-module.ts'
import { addShop, adminOf } from '../trial-shop.ts'

const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
const NODE = ['--import', import.meta.resolve('tsx'), EVS]
const MID = '000000000100001'
const OWNER = `--tid 10000001 --mid ${MID} --scheme aes --parts 2`
const GIVEN = 'what the machine gave him'

const folder = mkdtempSync(join(tmpdir(), 'evs-officers-'))
const dir = join(folder, 'shop')
const module = newModule()
const { key, components } = module.generateComponents('master', 'aes', 2)
let running: SwitchProcess

const passwordOf = (name: string) => `the long password of ${name}`
const partFile = (index: number) => {
  const { component, checkValue } = components[index] as (typeof components)[number]
  return `scheme aes\npart ${component.reveal()} ${checkValue}\n`
}

/** The command as a person, with a session file of his own. */
function evs(person: string, line: string, stdin = '') {
  const env = { ...process.env, EVS_SESSION_FILE: join(folder, `${person}.session`) }
  const words = [...NODE, ...line.split(' '), '--dir', dir]
  return new Promise<{ exitCode: number; stdout: string; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, words, { env })
    const told = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        told[name] += chunk.toString()
      })
    }
    child.stdin.end(stdin)
    child.once('close', (code) => resolve({ exitCode: code ?? -1, ...told }))
  })
}

async function done(person: string, line: string, stdin?: string) {
  const ran = await evs(person, `${line} --json`, stdin)
  expect(ran.exitCode, `${line}: ${ran.stderr}`).toBe(0)
  return JSON.parse(ran.stdout)
}

/** Asked by sara, approved by dara, run again. */
async function together(line: string, stdin?: string) {
  const asked = await evs('sara', `${line} --json`, stdin)
  expect(asked.exitCode, asked.stderr).toBe(5)
  await done('dara', `approval approve ${JSON.parse(asked.stdout).error.details.approval}`)
  return done('sara', line, stdin)
}

const session = (name: string, password = passwordOf(name)) =>
  done(name, `login session ${name} --password-file -`, password)

beforeAll(async () => {
  await init({ dir, terminalPort: 0, institutionPort: 0, cardHostPort: 6_000 })
  const settings = { EVS_LOG_LEVEL: 'info', EVS_ADMIN_PORT: '0' }
  running = new SwitchProcess(join(dir, 'evs.yaml'), join(folder, 'switch.log'), settings, NODE)
  await running.start()
  await addShop(adminOf(running, 'ali'), { mid: MID, name: 'SHOP', tids: [] })
  await done('ali', `terminal add --tid 10000001 --mid ${MID} --scheme aes`)
  const add = (name: string, role: string) => `login add ${name} --role ${role} --password-file -`
  for (const name of ['sara', 'dara']) {
    await done('sara', add(name, 'security-officer'), passwordOf(name))
    await session(name)
  }
  for (const name of ['reza', 'mina']) {
    await together(add(name, 'key-custodian'), passwordOf(name))
    await session(name)
  }
})
afterAll(async () => {
  await running.stop()
  rmSync(folder, { recursive: true, force: true })
})

it('a key is loaded from a part of each custodian, and put in force by two officers', async () => {
  const whole = module.checkValue(key)
  const { id } = await done('sara', `key begin load ${OWNER} --check-value ${whole}`)
  const enter = `key part ${id} --part-file -`
  expect((await done('reza', enter, partFile(0))).checkValue).toBeNull()
  const twice = await evs('reza', enter, partFile(1))
  expect([twice.exitCode, twice.stderr]).toEqual([1, expect.stringContaining('had a part')])
  expect((await evs('ali', enter, partFile(1))).exitCode).toBe(5)
  expect((await done('mina', enter, partFile(1))).checkValue).toBe(whole)
  expect(await done('ali', 'key list')).toEqual([])
  expect(await together(`key finish ${id}`)).toMatchObject({ checkValue: whole })
})

it('each custodian takes his part of an issued key into a file of his own', async () => {
  const { id } = await together(`key begin issue ${OWNER}`)
  for (const [index, name] of ['reza', 'mina'].entries()) {
    const file = join(folder, `${name}.txt`)
    const taken = await done(name, `key take ${id} --out ${file}`)
    expect(taken).toMatchObject({ number: index + 1, of: 2, last: index === 1, file })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toMatch(/^part ([0-9A-F]{4}-){7}[0-9A-F]{4} [0-9A-F]{6}$/m)
  }
})

it('a restart drops what was entered', async () => {
  const { id } = await done('sara', `key begin load ${OWNER}`)
  await done('reza', `key part ${id} --part-file -`, partFile(0))
  await running.stop()
  const stopped = await evs('reza', `key part ${id} --part-file -`, partFile(0))
  expect(stopped.exitCode).toBe(4)
  await running.start()
  expect(await done('ali', 'key ceremonies')).toEqual([])
})

it('an officer who forgot his password gets in again, and everybody hears of it', async () => {
  const recover = 'login recover sara --password-file -'
  expect((await evs('ali', recover, GIVEN)).stderr).toContain('the switch runs')
  await running.stop()
  const { recoveryFrom } = await done('ali', recover, GIVEN)
  await running.start()
  const log = () => readFileSync(join(folder, 'switch.log'), 'utf8')
  await until(() => log().includes('a login is being recovered'))
  const probe = await fetch(`http://127.0.0.1:${running.ready?.admin.port}/readyz`)
  expect(((await probe.json()) as { warnings: string[] }).warnings[0]).toContain(recoveryFrom)
  const early = await evs('sara', 'login session sara --password-file -', GIVEN)
  expect(early.exitCode).toBe(5)
  await session('dara')
  await done('dara', 'login recovery approve sara')
  await session('sara', GIVEN)
  const first = await evs('sara', 'login block mina')
  expect([first.exitCode, first.stderr]).toEqual([5, expect.stringContaining('evs login password')])
  await done('dara', 'login recovery cancel sara')
  await session('sara')
})

it('no part and no password is in the data or the log, and the record is whole', async () => {
  await done('ali', 'audit verify')
  expect(await done('ali', 'journal verify')).toMatchObject({ ok: true, rowsCompared: true })
  await running.stop()
  const files = readdirSync(join(dir, 'data')).map((name) => join(dir, 'data', name))
  const texts = [...files, join(folder, 'switch.log')]
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file))
  for (const { component } of components) {
    const hex = component.reveal()
    for (const form of [hex, hex.toLowerCase(), Buffer.from(hex, 'hex'), hex.slice(0, 12)]) {
      expect(texts.some((text) => text.includes(form))).toBe(false)
    }
  }
  expect(texts.some((text) => text.includes(GIVEN))).toBe(false)
})
