// An import whose caller goes away in the middle: the operation learns of it and can take back what

// it has begun.

import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as ask } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { adminClient } from '../../../admin-api/client.ts'
import { ROUTES } from '../../../admin-api/routes.ts'
import { socketTransport } from '../../../admin-api/transport.ts'
import { listenOnSocket } from '../../../switch/admin/socket-server.ts'
import { quietApp } from './quiet-app.ts'

async function* endless(): AsyncIterable<Uint8Array> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    yield Buffer.alloc(1_000)
  }
}

it('ends the operation when the caller stops listening', async () => {
  const seen: string[] = []
  const { app } = await quietApp(
    {
      importBatch: async function* (_actor, _request, file) {
        try {
          for await (const _chunk of file) yield { kind: 'progress', vouchers: 1, bytes: 1 }
          seen.push('the whole file')
        } catch {
          seen.push('cut off')
        } finally {
          seen.push('ended')
        }
      },
    },
    { adminBodyBytes: 1_000, batchFileBytes: 1 << 30 },
  )
  const folder = mkdtempSync(join(tmpdir(), 'evs-abandoned-'))
  const server = await listenOnSocket(app.routing, join(folder, 'admin.sock'))
  const client = adminClient(socketTransport(join(folder, 'admin.sock')), 'ali')
  const request = { fileName: 'f', release: false, dryRun: false }
  let events = 0
  for await (const _event of client.importBatch(request, endless())) if (++events === 3) break
  await expect.poll(() => seen.at(-1)).toBe('ended')
  expect(seen).not.toContain('the whole file')
  await server.close()
  rmSync(folder, { recursive: true })
})

it('ends an operation that reads nothing, too', async () => {
  const seen: string[] = []
  const { app } = await quietApp({
    rotateData: async function* () {
      try {
        for (let rows = 0; ; rows++) {
          await new Promise((resolve) => setTimeout(resolve, 2))
          yield { kind: 'progress', rows, of: 1_000_000 }
        }
      } finally {
        seen.push('ended')
      }
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'evs-abandoned-'))
  const server = await listenOnSocket(app.routing, join(folder, 'admin.sock'))
  const client = adminClient(socketTransport(join(folder, 'admin.sock')), 'ali')
  let events = 0
  for await (const _event of client.rotateData({})) if (++events === 3) break
  await expect.poll(() => seen).toEqual(['ended'])
  await server.close()
  rmSync(folder, { recursive: true })
})

it('ends an operation whose caller went away before its first event', async () => {
  const seen: string[] = []
  const waits = new EventEmitter()
  const { app } = await quietApp({
    rotateData: async function* () {
      try {
        seen.push('begun')
        await once(waits, 'go on')
        for (let rows = 0; rows < 2_000; rows++) {
          yield { kind: 'progress', rows, of: 2_000 }
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
        seen.push('all rows')
      } finally {
        seen.push('ended')
      }
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'evs-abandoned-'))
  const socketPath = join(folder, 'admin.sock')
  const server = await listenOnSocket(app.routing, socketPath)
  const { method, path } = ROUTES.rotateData
  const headers = { 'content-type': 'application/json' }
  const caller = ask({ socketPath, method, path, headers })
  caller.on('error', () => seen.push('away')).end('{}')
  await expect.poll(() => seen).toEqual(['begun'])
  caller.destroy()
  await expect.poll(() => seen).toEqual(['begun', 'away'])
  await new Promise((resolve) => setTimeout(resolve, 50))
  waits.emit('go on')
  await expect.poll(() => seen).toEqual(['begun', 'away', 'ended'])
  await server.close()
  rmSync(folder, { recursive: true })
})
