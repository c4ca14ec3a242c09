// The whole switch in this process, so that its timers can be seen and its clock be moved: keys
// that administrators load and remove are those of the running links, a clock that runs ahead is
// told of within a minute, a security module that could seal no key is not started with, and of a
// stop nothing is left that would run later.

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { adminClient } from '../../admin-api/client.ts'
import { socketTransport } from '../../admin-api/transport.ts'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { HardwareModule } from '../../hardware-module/hardware-module.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { loadConfig } from '../../switch/config/load.ts'
import type { Config } from '../../switch/config/schema.ts'
import { until } from '../../switch/demo/scenes.ts'
import { init } from '../../switch/init.ts'
import { type ReadyLine, type RunningSwitch, serve } from '../../switch/serve.ts'
import { KeyDesk } from '../../terminal-gateway/key-desk.ts'
import { freePort } from '../free-port.ts'
import { writeFiles } from '../protocol/certificates/authority.ts'
import { server } from '../protocol/link/tls-client.ts'
import { newModule } from '../protocol/security/test-module.ts'
import { together, twoOfficers } from '../two-officers.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const OWNER = { kind: 'host', name: 'simulator', institution: 0 } as const

const wishes = vi.hoisted(() => ({ isKeyless: false }))
vi.mock('../../switch/security-module.ts', async (original) => {
  const real = await original<typeof import('../../switch/security-module.ts')>()
  const openSecurityModule: typeof real.openSecurityModule = async (...given) => {
    if (!wishes.isKeyless) return real.openSecurityModule(...given)
    return Object.create(HardwareModule.prototype, { hasStorageKey: { value: false } })
  }
  return { ...real, openSecurityModule }
})

// Passwords are hashed, on whatever machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

interface Timer {
  readonly ms: number
  isOpen: boolean
  /** Now, and not when it is due. */
  readonly fire: () => void
}

const folder = mkdtempSync(join(tmpdir(), 'evs-serve-'))
const timers: Timer[] = []
const { components } = newModule().generateComponents('master', 'aes', 2)
const parts = components.map(({ component, checkValue }) => {
  return { part: component.reveal(), checkValue }
})
let aheadMs = 0
let host: CardHost
let running: RunningSwitch | undefined
let ready: ReadyLine | undefined

async function configured(name: string, env: Record<string, string>): Promise<Config> {
  const ports = { terminalPort: 0, institutionPort: 0, cardHostPort: host.port }
  const { config: file } = await init({ dir: join(folder, name), ...ports })
  const loaded = loadConfig({ file, text: readFileSync(file, 'utf8'), env })
  if (loaded.kind !== 'config') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

function served(config: Config): Promise<RunningSwitch> {
  const exit = (code: number): never => {
    throw new Error(`it ends with ${code}`)
  }
  const isReady = (line: ReadyLine) => {
    ready = line
  }
  return serve(config, { ready: isReady, exit, version: '1.2.3' })
}

beforeAll(async () => {
  const zoneKeyFile = join(folder, 'zone.key')
  const lines = parts.map(({ part, checkValue }) => `part ${part} ${checkValue}\n`)
  writeFileSync(zoneKeyFile, `scheme aes\n${lines.join('')}`, { mode: 0o600 })
  host = await startCardHost({ port: 0, zoneKeyFile, timers: { ...systemTimers } })
  const { certificate, key } = writeFiles(folder, 'switch', server)
  const config = await configured('shop', {
    ...{ EVS_LISTENERS_0_TLS_CERTIFICATE: certificate, EVS_LISTENERS_0_TLS_KEY: key },
    ...{ EVS_LISTENERS_0_INSECURE: 'false', EVS_CARD_HOSTS_0_KEYS: 'aes' },
    ...{ EVS_LOG_LEVEL: 'fatal', EVS_LIMITS_BALLAST_BYTES: '65536' },
  })
  const { after } = systemTimers
  vi.spyOn(systemTimers, 'wallMs').mockImplementation(() => Date.now() + aheadMs)
  vi.spyOn(systemTimers, 'after').mockImplementation((ms, run) => {
    const fire = () => {
      end()
      run()
    }
    const cancel = after(ms, fire)
    const end = () => {
      timer.isOpen = false
      cancel()
    }
    const timer: Timer = { ms, isOpen: true, fire }
    timers.push(timer)
    return end
  })
  running = await served(config)
})
afterAll(async () => {
  await running?.stop()
  await host?.stop()
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const openMs = () => timers.filter(({ isOpen }) => isOpen).map(({ ms }) => ms)
const admin = () => adminClient(socketTransport(ready?.admin.socket ?? ''), 'ali')

it('keys of a card host are those of its link once they are loaded or removed', async () => {
  const changed = vi.spyOn(KeyDesk.prototype, 'changed')
  const keys = async () => (await admin().health()).cardHosts[0]?.keys
  const officers = await twoOfficers(ready?.admin.socket ?? '')
  expect(await keys()).toBe('missing')
  await together(officers, (officer) => officer.loadKey({ owner: OWNER, scheme: 'aes', parts }))
  await until('zone keys', async () => (await keys()) === 'in force')
  expect((await admin().health()).status).toBe('selling')
  expect(changed.mock.calls).toEqual([['host/simulator']])
  await together(officers, (officer) => officer.removeKeys({ owner: OWNER }))
  expect(await keys()).toBe('missing')
  expect((await admin().health()).status).toBe('not selling')
  expect(changed).toHaveBeenCalledTimes(2)
})

it('a clock that runs ahead is told of within a minute', async () => {
  const alarms = async () => {
    const page = await fetch(`http://127.0.0.1:${ready?.admin.port}/metrics`)
    return (await page.text()).match(/^evs_alarms_total\{what="the clock .*/gm)
  }
  expect(await alarms()).toBeNull()
  aheadMs = 3 * DAY_MS
  for (const { ms, isOpen, fire } of [...timers]) if (isOpen && ms === MINUTE_MS) fire()
  aheadMs = 0
  expect(await alarms()).toEqual(['evs_alarms_total{what="the clock is ahead of the journal"} 1'])
})

it('of a stop nothing is left that would run later', async () => {
  expect(openMs()).toEqual(expect.arrayContaining([MINUTE_MS, HOUR_MS, DAY_MS]))
  await running?.stop()
  running = undefined
  // A check of the store that is under way has a limit, and ends with the process.
  const later = openMs().filter((ms) => ms >= MINUTE_MS && ms !== 4 * HOUR_MS)
  expect(later).toEqual([])
})

it('a security module that could seal no key is not started with', async () => {
  const config = await configured('keyless', { EVS_LOG_LEVEL: 'fatal' })
  wishes.isKeyless = true
  await expect(served(config)).rejects.toMatchObject({ code: 'HSM_KEY_MISSING' })
})

it('a port that is taken ends a start so that it is tried again', async () => {
  const config = await configured('taken', {
    ...{ EVS_LOG_LEVEL: 'fatal', EVS_LISTENERS_0_PORT: String(host.port) },
  })
  wishes.isKeyless = false
  await expect(served(config)).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE', exitCode: 4 })
})

it('a start that fails with a door open closes it again, and ends what was begun there', async () => {
  const port = await freePort()
  const config = await configured('half open', {
    ...{ EVS_LOG_LEVEL: 'fatal', EVS_LISTENERS_0_PORT: String(port) },
    EVS_ADMIN_PORT: String(host.port),
  })
  wishes.isKeyless = false
  await expect(served(config)).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE', exitCode: 4 })
  const socket = connect(port, '127.0.0.1')
  const [error] = await once(socket, 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
})
