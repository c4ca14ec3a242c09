// A switch that hangs up: before anything went to it nothing can have been done, and afterwards it
// can.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { socketTransport } from '../../admin-api/transport.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-transport-'))
const path = join(folder, 'admin.sock')
let server: Server | undefined
afterEach(() => {
  server?.close()
  rmSync(folder, { recursive: true })
})

it('in the middle of a request says that something may have been done', async () => {
  server = createServer((socket: Socket) => socket.once('data', () => socket.destroy()))
  await new Promise<void>((resolve) => server?.listen(path, resolve))
  const request = { method: 'POST', path: '/v1/backups', headers: {}, body: '{}' }
  await expect(socketTransport(path).send(request)).rejects.toMatchObject({
    code: 'SWITCH_UNREACHABLE',
    message: expect.stringContaining('hung up before it answered'),
    hint: expect.stringContaining('look at what it says is there now'),
  })
})
