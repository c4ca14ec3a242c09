// Both doors of the admin API: the mode of the socket as it is set, and what is believed of a
// caller at each of them.

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { adminClient } from '../../../admin-api/client.ts'
import { socketTransport } from '../../../admin-api/transport.ts'
import type { Caller } from '../../../switch/access/gate.ts'
import { type AdminDoors, openAdminDoors } from '../../../switch/admin/doors.ts'
import { loadConfig } from '../../../switch/config/load.ts'
import { starterYaml } from '../../../switch/config/starter.ts'
import { fakeOperations } from '../../admin-api/fake-operations.ts'
import { OPEN_GATE } from './open-gate.ts'

let folder: string
let doors: AdminDoors | undefined
let callers: Caller[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-doors-'))
  callers = []
})
afterEach(async () => {
  await doors?.close()
  rmSync(folder, { recursive: true })
})

/** The path of the socket. */
async function open(env: Record<string, string>): Promise<string> {
  const file = join(folder, 'evs.yaml')
  const path = join(folder, 'admin.sock')
  writeFileSync(file, starterYaml())
  const loaded = loadConfig({ file, env: { EVS_ADMIN_SOCKET: path, ...env } })
  if (loaded.kind !== 'config') throw new Error('the starter configuration is not in order')
  const enter: typeof OPEN_GATE.enter = (name, caller, given) => {
    callers.push(caller)
    return OPEN_GATE.enter(name, caller, given)
  }
  doors = await openAdminDoors(loaded.config, {
    ...{ operations: fakeOperations().operations, gate: { ...OPEN_GATE, enter }, version: '9' },
    ...{ log: { error: (detail) => expect.fail(detail) }, registry: new Registry() },
    reasons: () => [],
  })
  return path
}

it.each([
  ['0600', 0o600],
  ['0660', 0o660],
])('a socket of mode %s has it', async (text, mode) => {
  const path = await open({ EVS_ADMIN_SOCKET_MODE: text })
  expect(statSync(path).mode & 0o777).toBe(mode)
})

it('who comes over TCP is known as such, and who comes over the socket as such', async () => {
  const path = await open({ EVS_ADMIN_API: 'true' })
  await fetch(`http://127.0.0.1:${doors?.port}/v1/stock`, { headers: { 'x-evs-user': 'ali' } })
  await adminClient(socketTransport(path), 'ali').stock()
  expect(callers.map(({ from }) => from)).toEqual(['tcp', 'socket'])
})

it('without being asked to serves nothing but probes over TCP', async () => {
  await open({})
  const { status } = await fetch(`http://127.0.0.1:${doors?.port}/v1/stock`)
  expect([status, callers]).toEqual([404, []])
  expect((await fetch(`http://127.0.0.1:${doors?.port}/readyz`, { method: 'HEAD' })).status).toBe(
    200,
  )
})

it('a port that is taken is no mistake of the configuration: it may be free later', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  await expect(open({ EVS_ADMIN_PORT: String(port) })).rejects.toMatchObject({
    ...{ code: 'PORT_UNAVAILABLE', exitCode: 4 },
    message: expect.stringMatching(/^admin\.port: .*EADDRINUSE/),
  })
  taken.close()
})
