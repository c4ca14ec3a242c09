// The unix socket: who may open it, what happens to a stale one, and the client over it.

import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { adminClient } from '../../../admin-api/client.ts'
import { socketTransport } from '../../../admin-api/transport.ts'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { listenOnSocket, type SocketServer } from '../../../switch/admin/socket-server.ts'
import { bytesOf } from '../../admin-api/fake-operations.ts'
import { quietApp } from './quiet-app.ts'

let directory: string
let path: string
const servers: SocketServer[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evs-socket-'))
  path = join(directory, 'admin.sock')
})

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
  rmSync(directory, { recursive: true })
})

async function serve(limits = { adminBodyBytes: 10_000, batchFileBytes: 1 << 24 }) {
  const quiet = await quietApp({}, limits)
  servers.push(await listenOnSocket(quiet.app.routing, path))
  return { ...quiet, client: adminClient(socketTransport(path), 'ali') }
}

it('is for its owner only, and gone when it is closed', async () => {
  const { client } = await serve()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(await client.stock()).toHaveLength(1)
  await servers.pop()?.close()
  expect(existsSync(path)).toBe(false)
  await expect(client.stock()).rejects.toMatchObject({
    code: 'SWITCH_UNREACHABLE',
    details: { reason: 'ENOENT' },
  })
})

it('is never open to others, not at the moment that it is made', async () => {
  const { app } = await quietApp()
  const opening = listenOnSocket(app.routing, path)
  // Nothing else has its turn in between: whoever looks first sees what is seen here.
  for (let steps = 0; steps < 100 && !existsSync(path); steps++) await Promise.resolve()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  servers.push(await opening)
})

it('is for its group too when that is asked for, and for nobody else', async () => {
  const { app } = await quietApp()
  servers.push(await listenOnSocket(app.routing, path, 0o660))
  expect(statSync(path).mode & 0o777).toBe(0o660)
})

it('takes the place of a socket on which nobody answers', async () => {
  const child = createServer()
  await new Promise<void>((resolve) => {
    child.listen(path, resolve)
  })
  // The file stays behind, as after a kill.
  renameSync(path, `${path}.kept`)
  await new Promise((resolve) => child.close(resolve))
  renameSync(`${path}.kept`, path)
  const { client } = await serve()
  expect((await client.merchants({ limit: 9 })).merchants).toHaveLength(1)
})

it('leaves a socket that answers, and a file that is none, alone', async () => {
  const { client } = await serve()
  await expect(serve()).rejects.toMatchObject({ code: 'DATA_LOCKED' })
  expect(await client.stock()).toHaveLength(1)
  path = join(directory, 'notes.txt')
  writeFileSync(path, 'mine')
  await expect(serve()).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(existsSync(path)).toBe(true)
})

it('says which setting is wrong when the path cannot be a socket', async () => {
  path = join(directory, 'x'.repeat(120))
  await expect(serve()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  path = join(directory, 'nowhere', 'admin.sock')
  await expect(serve()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('cannot be opened'),
  })
})

it('carries a file of some megabytes and answers while it comes', async () => {
  const { client, asked } = await serve()
  const part = 'x'.repeat(1 << 16)
  const request = { fileName: 'big', release: false, dryRun: false }
  const kinds: string[] = []
  const file = bytesOf(...Array.from({ length: 64 }, () => part))
  for await (const event of client.importBatch(request, file)) kinds.push(event.kind)
  expect(kinds).toEqual(['progress', 'done'])
  expect(asked[0]?.given[2]).toHaveLength(64 << 16)
})

it('gives a request all the time that it takes', async () => {
  const limits: number[] = []
  const server = await listenOnSocket(({ socket }, response) => {
    limits.push((socket as unknown as { server: Server }).server.requestTimeout)
    response.end()
  }, path)
  servers.push(server)
  await socketTransport(path).send({ method: 'GET', path: '/v1/stock', headers: {} })
  expect(limits).toEqual([0])
})

it('answers a file that is too large without taking the rest of it', async () => {
  const { client } = await serve({ adminBodyBytes: 10_000, batchFileBytes: 100_000 })
  const parts = Array.from({ length: 400 }, () => 'x'.repeat(1 << 16))
  const ledger = client.reconcile({ settle: false }, bytesOf(...parts))
  await expect(ledger).rejects.toMatchObject({ code: 'TOO_LARGE' })
})

it('a file that cannot be read to its end is the error of the file', async () => {
  const { client, asked } = await serve()
  async function* broken(): AsyncIterable<Uint8Array> {
    yield Buffer.from('first')
    throw new Error('the stick was pulled out')
  }
  await expect(client.reconcile({ settle: false }, broken())).rejects.toThrow('stick')
  expect(asked).toEqual([])
})

it('is not kept from closing by a request that does not come to its end', async () => {
  await serve()
  const sender = connect(path)
  sender.on('error', () => undefined)
  const file = 'POST /v1/batches?fileName=f HTTP/1.1\r\nhost: evs\r\ncontent-length: 999\r\n'
  sender.write(`${file}content-type: application/octet-stream\r\n\r\nserial,pin`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  const graces: number[] = []
  vi.spyOn(systemTimers, 'after').mockImplementation((ms, run) => {
    graces.push(ms)
    const timer = setTimeout(run, 20)
    return () => clearTimeout(timer)
  })
  await servers.pop()?.close()
  vi.restoreAllMocks()
  expect(graces).toEqual([2_000])
})

it('lets a request that is under way come to its end before it closes', async () => {
  let answer = (): void => undefined
  const server = await listenOnSocket((_request, response) => {
    answer = () => void response.end('done')
  }, path)
  const asked = socketTransport(path).send({ method: 'GET', path: '/v1/stock', headers: {} })
  await new Promise((resolve) => setTimeout(resolve, 50))
  const closed = server.close()
  setTimeout(() => answer(), 100)
  expect(await asked).toMatchObject({ status: 200 })
  await closed
})
