// How a command gets to the admin API: the socket first, then the data directory itself, with some
// patience for a switch that is starting or stopping.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EvsError } from '../../../admin-api/errors.ts'
import { type OpenAdminOptions, openAdmin } from '../../../switch/admin/open-admin.ts'
import { listenOnSocket } from '../../../switch/admin/socket-server.ts'
import { loadConfig } from '../../../switch/config/load.ts'
import { starterYaml } from '../../../switch/config/starter.ts'
import { fakeOperations } from '../../admin-api/fake-operations.ts'
import { OPEN_GATE } from './open-gate.ts'
import { quietApp } from './quiet-app.ts'

let directory: string
let nowMs = 0

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evs-open-'))
  nowMs = 0
})
afterEach(() => rmSync(directory, { recursive: true }))

function config() {
  const file = join(directory, 'evs.yaml')
  writeFileSync(file, starterYaml())
  const env = { EVS_ADMIN_SOCKET: join(directory, 'admin.sock') }
  const loaded = loadConfig({ file, env })
  if (loaded.kind !== 'config') throw new Error('the starter configuration is not in order')
  return loaded.config
}

function options(given: Partial<OpenAdminOptions> = {}): OpenAdminOptions {
  return {
    actor: 'ali',
    version: '9.9.9',
    offline: true,
    log: { error: () => undefined },
    openOffline: () => Promise.reject(new Error('not meant')),
    timers: {
      monotonicMs: () => nowMs,
      wallMs: () => nowMs,
      after: (ms, run) => {
        nowMs += ms
        queueMicrotask(run)
        return () => undefined
      },
    },
    ...given,
  }
}

it('speaks to the switch that answers', async () => {
  const { app, asked } = await quietApp()
  const { admin } = config()
  const server = await listenOnSocket(app.routing, admin.socket)
  const client = await openAdmin(config(), options())
  await client.closeDayEnd(2)
  expect(asked).toEqual([{ name: 'closeDayEnd', given: [{ name: 'ali' }, 2] }])
  await client.close()
  await server.close()
})

it('does the same here when nobody answers, and lets go of the data afterwards', async () => {
  const { operations, asked } = fakeOperations()
  let closed = 0
  const close = async () => void closed++
  const openOffline = () => Promise.resolve({ operations, gate: OPEN_GATE, close })
  const client = await openAdmin(config(), options({ openOffline }))
  await client.closeDayEnd(2)
  expect(asked).toEqual([{ name: 'closeDayEnd', given: [{ name: 'ali' }, 2] }])
  await client.close()
  expect(closed).toBe(1)
})

it('tells what an administrator should hear of before it does anything here', async () => {
  const logged: string[] = []
  const notices = ['the mark beside the database is older than its journal']
  const { operations } = fakeOperations()
  const openOffline = async () => {
    return { operations, gate: OPEN_GATE, notices, close: async () => undefined }
  }
  const log = { error: (detail: string) => void logged.push(detail) }
  await (await openAdmin(config(), options({ openOffline, log }))).close()
  expect(logged).toEqual(notices)
})

it('waits a little for data that is locked, then says so', async () => {
  const { operations } = fakeOperations()
  let tries = 0
  const openOffline = async () => {
    tries += 1
    if (tries < 4) throw new EvsError('DATA_LOCKED')
    return { operations, gate: OPEN_GATE, close: async () => undefined }
  }
  await (await openAdmin(config(), options({ openOffline }))).close()
  expect(tries).toBe(4)
  const locked = () => Promise.reject(new EvsError('DATA_LOCKED'))
  await expect(openAdmin(config(), options({ openOffline: locked }))).rejects.toMatchObject({
    code: 'DATA_LOCKED',
    hint: expect.stringContaining('starting or stopping'),
  })
  expect(nowMs).toBeGreaterThanOrEqual(3_000)
})

it('opens nothing here when the verb has no meaning with the switch stopped', async () => {
  await expect(openAdmin(config(), options({ offline: false }))).rejects.toMatchObject({
    code: 'SWITCH_UNREACHABLE',
  })
})

it('passes on why the data cannot be opened', async () => {
  const openOffline = () => Promise.reject(new EvsError('KEK_MISSING'))
  await expect(openAdmin(config(), options({ openOffline }))).rejects.toMatchObject({
    code: 'KEK_MISSING',
  })
})

it('does not take the data for free when it cannot tell whether somebody answers', async () => {
  const { admin, ...rest } = config()
  // A file stands where the folder of the socket should be.
  const socket = join(directory, 'evs.yaml', 'admin.sock')
  const opened = openAdmin({ ...rest, admin: { ...admin, socket } }, options())
  await expect(opened).rejects.toMatchObject({
    ...{ code: 'SWITCH_UNREACHABLE', details: { socket, reason: 'ENOTDIR' } },
  })
})
