// Administration of a real switch, by the command itself: the first logins, a second person for a
// voucher PIN, wrong passwords, the door of TCP, an export that somebody touched, file modes.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { demoTerminal } from '../../switch/demo/demo-terminal.ts'
import { CARDS } from '../../switch/demo/scenes.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { addShop, adminOf, importVouchers, untilSelling } from '../trial-shop.ts'

const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
const NODE = ['--import', import.meta.resolve('tsx'), EVS]
const MID = '000000000100001'
const TID = '10000001'
const FIRST_PIN = 31_049_845_900_001

const folder = mkdtempSync(join(tmpdir(), 'evs-administration-'))
const dir = join(folder, 'shop')
let host: CardHost
let running: SwitchProcess

interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** The command as a person: with a session file of his own, and a password on standard input. */
function evs(person: string, line: string, password?: string): Promise<Ran> {
  const env = { ...process.env, EVS_SESSION_FILE: join(folder, `${person}.session`) }
  const words = [...line.split(' '), '--dir', dir]
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...NODE, ...words], { env })
    const told = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        told[name] += chunk.toString()
      })
    }
    child.stdin.end(password ?? '')
    child.once('close', (code) => resolve({ exitCode: code ?? -1, ...told }))
  })
}

const passwordOf = (name: string) => `the long password of ${name}`
const session = (name: string) =>
  evs(name, `login session ${name} --password-file -`, passwordOf(name))
const addLogin = (by: string, name: string, role: string) =>
  evs(by, `login add ${name} --role ${role} --password-file - --json`, passwordOf(name))
const json = ({ stdout }: Ran) => JSON.parse(stdout)

/** Asked by one, approved by the other, run again. */
async function together(asker: string, approver: string, run: () => Promise<Ran>): Promise<Ran> {
  const asked = await run()
  expect(asked.exitCode, asked.stderr).toBe(5)
  const { approval } = json(asked).error.details
  const alone = await evs(asker, `approval approve ${approval} --json`)
  expect([alone.exitCode, json(alone).error.code]).toEqual([5, 'NOT_ALLOWED'])
  const approved = await evs(approver, `approval approve ${approval}`)
  expect(approved.exitCode, approved.stderr).toBe(0)
  return run()
}

const acts = async () => {
  const { stdout } = await evs('nobody', 'audit export')
  const lines = stdout.trimEnd().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(JSON.parse(line).body) as Record<string, unknown>)
}

beforeAll(async () => {
  host = await startCardHost({ port: 0, ledgerFile: join(folder, 'host.ndjson'), seed: 1 })
  const umask = process.umask(0)
  await init({ dir, terminalPort: 0, institutionPort: 0, cardHostPort: host.port })
  process.umask(umask)
  const settings = { EVS_ADMIN_API: 'true', EVS_LOG_LEVEL: 'info', EVS_ADMIN_PORT: '0' }
  const config = join(dir, 'evs.yaml')
  running = new SwitchProcess(config, join(folder, 'switch.log'), settings, NODE)
  await running.start()
  const admin = adminOf(running, 'ali')
  await addShop(admin, { mid: MID, name: 'SHOP', tids: [TID] })
  const digitsOf = (number: number) => FIRST_PIN + number
  await importVouchers(admin, folder, { first: 0, count: 10, digitsOf })
  await untilSelling(admin)
})

afterAll(async () => {
  await running.stop()
  await host.stop()
  rmSync(folder, { recursive: true, force: true })
})

it('everything on disk is for its owner alone, whatever the shell said', () => {
  const mode = (...path: string[]) => (statSync(join(dir, ...path)).mode & 0o777).toString(8)
  const files = ['evs.db', 'evs.db-wal', 'evs.db-shm', 'mark.json', 'checkpoint.json', 'ballast']
  for (const name of [...files, 'admin.sock']) {
    expect(mode('data', name), name).toBe('600')
  }
  expect([mode('evs.yaml'), mode('keys', 'kek')]).toEqual(['600', '600'])
  expect([mode('data'), mode('keys')]).toEqual(['700', '700'])
})

describe('logins', () => {
  it('there is none at first; the first two are officers', async () => {
    expect(json(await evs('nobody', 'login list --json'))).toEqual([])
    expect((await addLogin('nobody', 'first', 'security-officer')).exitCode).toBe(0)
    expect((await addLogin('nobody', 'ghost', 'security-officer')).exitCode).toBe(5)
    expect((await session('first')).exitCode).toBe(0)
    expect(statSync(join(folder, 'first.session')).mode & 0o777).toBe(0o600)
    expect((await addLogin('first', 'second', 'security-officer')).exitCode).toBe(0)
    expect((await session('second')).exitCode).toBe(0)
  })

  it.each(['sara', 'dara'])('%s is added by two officers', async (name) => {
    const add = () => addLogin('first', name, 'administrator')
    const added = await together('first', 'second', add)
    expect(added.exitCode, added.stderr).toBe(0)
    expect((await session(name)).exitCode).toBe(0)
  })

  it('eleven wrong passwords lock a login, and look like a name that nobody has', async () => {
    const port = running.ready?.admin.port
    const send = async (name: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/v1/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, password: 'a wrong password' }),
      })
      return `${response.status} ${await response.text()}`
    }
    const texts = new Set<string>()
    for (let index = 0; index < 11; index++) {
      texts.add(await send('dara'))
      texts.add(await send('nobody'))
    }
    expect([...texts]).toEqual([expect.stringMatching(/^401 .*LOGIN_REFUSED/)])
    const right = await evs('other', 'login session dara --password-file -', passwordOf('dara'))
    expect([right.exitCode, right.stderr]).toEqual([5, expect.stringContaining('LOGIN_REFUSED')])
  })
})

it('a voucher PIN is revealed by two persons, once for an approval', async () => {
  const terminal = demoTerminal({
    ...{ tid: TID, mid: MID, merchantName: 'SHOP', language: 'en', replyMs: 10_000 },
    port: () => running.port('pos'),
  })
  await terminal.sell('093205', 50_000, CARDS.good)
  const [sold] = json(await evs('nobody', 'sale list --json')).sales
  const [voucher] = json(await evs('nobody', `voucher list --sale ${sold.id} --json`))
  expect(voucher).toMatchObject({ state: 'sold', sale: sold.id })
  const line = `voucher reveal ${voucher.id} --password-file - --json`
  const reveal = (person = 'sara') => evs(person, line, passwordOf('sara'))
  expect((await reveal('nobody')).exitCode).toBe(5)
  const found = await evs('sara', line, passwordOf('dara'))
  expect([found.exitCode, json(found).error.code]).toEqual([5, 'LOGIN_REFUSED'])
  const shown = await together('sara', 'dara', () => reveal())
  expect(json(shown).voucherPin).toBe(String(FIRST_PIN + voucher.id - 1))
  expect((await reveal()).exitCode).toBe(5)
  const revealed = (await acts()).filter(({ action }) => action === 'voucher reveal')
  expect(revealed).toMatchObject([
    { by: 'sara', how: { as: 'login', from: 'socket', consentBy: 'dara' }, voucher: voucher.id },
  ])
})

it('TCP serves the probes to everybody and the API to logins', async () => {
  const base = `http://127.0.0.1:${running.ready?.admin.port}`
  expect((await fetch(`${base}/livez`)).status).toBe(200)
  const anonymous = await fetch(`${base}/v1/sales`, { headers: { 'x-evs-user': 'root' } })
  expect(anonymous.status).toBe(401)
  expect(await anonymous.json()).toMatchObject({ error: { code: 'LOGIN_REQUIRED' } })
  const token = readFileSync(join(folder, 'sara.session'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const known = await fetch(`${base}/v1/sales`, { headers })
  expect([known.status, known.headers.get('cache-control')]).toEqual([200, 'no-store'])
  const forbidden = await fetch(`${base}/v1/logins/first`, {
    ...{ method: 'PATCH', headers, body: '{"action":"block"}' },
  })
  expect(forbidden.status).toBe(403)
  const document = (await (await fetch(`${base}/openapi.json`)).json()) as { paths: object }
  expect(Object.keys(document.paths)).toContain('/v1/approvals/{id}/decision')
})

it('the audit record holds every act, and an export that was touched is found out', async () => {
  const all = await acts()
  const kinds = new Set(all.map(({ action }) => action))
  for (const action of [
    ...['init', 'start', 'merchant add', 'batch import and release', 'login add'],
    ...['login session', 'login refused', 'refused', 'approval request', 'approval approve'],
    ...['voucher reveal', 'audit export'],
  ]) {
    expect(kinds, action).toContain(action)
  }
  const { stdout } = await evs('nobody', 'audit export')
  expect(stdout).not.toContain(String(FIRST_PIN).slice(0, 8))
  expect(stdout).not.toMatch(/argon2|the long password/)
  const file = join(folder, 'acts.ndjson')
  writeFileSync(file, stdout)
  expect((await evs('nobody', `audit verify ${file}`)).exitCode).toBe(0)
  writeFileSync(file, stdout.replace('voucher reveal', 'voucher regale'))
  for (const line of [`audit verify ${file}`, `audit verify ${file} --alone`]) {
    const broken = await evs('nobody', line)
    expect(broken.exitCode).toBe(6)
    expect(broken.stdout).toMatch(/record \d+ does not match its hash/)
  }
  expect((await evs('nobody', 'audit verify')).exitCode).toBe(0)
  expect((await evs('nobody', 'audit')).exitCode).toBe(0)
  const journal = await evs('nobody', 'journal verify --json')
  expect(json(journal)).toMatchObject({ ok: true, rowsCompared: true })
})

it('a restart ends every session and drops what waited for consent', async () => {
  const line = `login block second --json`
  expect((await evs('sara', line)).exitCode).toBe(5)
  await running.stop()
  const stopped = await evs('sara', 'claims resolve 1 --note x')
  expect([stopped.exitCode, stopped.stderr]).toEqual([5, expect.stringContaining('evs serve')])
  await running.start()
  const over = await evs('sara', 'login end')
  expect([over.exitCode, over.stderr]).toEqual([5, expect.stringContaining('LOGIN_REQUIRED')])
  // Daily work goes on without one.
  expect((await evs('sara', 'stock')).exitCode).toBe(0)
})
