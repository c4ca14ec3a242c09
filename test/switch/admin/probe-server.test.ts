// The port of probes: three paths, reading only.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { Registry } from 'prom-client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type ProbeOptions,
  type ProbeServer,
  startProbeServer,
} from '../../../switch/admin/probe-server.ts'

let server: ProbeServer | undefined
let reasons: string[] = []
let warnings: string[] = []
let api: ProbeOptions['api']
const registry = new Registry()

afterEach(async () => {
  await server?.close()
  server = undefined
  api = undefined
})

async function ask(path: string, method = 'GET') {
  server ??= await startProbeServer({
    host: '127.0.0.1',
    port: 0,
    registry,
    api,
    reasons: () => reasons,
    warnings: () => warnings,
  })
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method })
  return { status: response.status, text: await response.text() }
}

it('is alive as long as it answers, and ready when nothing stands in the way', async () => {
  expect((await ask('/livez')).status).toBe(200)
  expect(await ask('/readyz')).toEqual({ status: 200, text: '{"ready":true,"reasons":[]}\n' })
  reasons = ['no card host is signed on']
  const { status, text } = await ask('/readyz')
  expect([status, JSON.parse(text).reasons]).toEqual([503, reasons])
  expect((await ask('/livez')).status).toBe(200)
})

it('is ready with a warning, which it tells', async () => {
  reasons = []
  warnings = ['login sara is being recovered']
  const { status, text } = await ask('/readyz')
  expect([status, JSON.parse(text)]).toEqual([200, { ready: true, reasons, warnings }])
  warnings = []
})

it('answers under its other name, and whatever stands behind a question mark', async () => {
  for (const path of ['/healthz', '/livez?probe=1', '/readyz?verbose', '/metrics?name=evs_x']) {
    expect([path, (await ask(path)).status]).toEqual([path, 200])
  }
})

it('says in which form the metrics are, and when they cannot be read', async () => {
  await ask('/livez')
  const page = `http://127.0.0.1:${server?.port}/metrics`
  expect((await fetch(page)).headers.get('content-type')).toBe(registry.contentType)
  const broken = vi.spyOn(registry, 'metrics').mockRejectedValue(new Error('a gauge is broken'))
  expect(await ask('/metrics')).toEqual({ status: 500, text: 'the metrics cannot be read\n' })
  broken.mockRestore()
})

it('hands on what belongs to the API, and nothing that only begins like it', async () => {
  api = (_request, response) => response.end('the API')
  for (const path of ['/v1/stock', '/v1/sales?limit=1', '/openapi.json']) {
    expect((await ask(path)).text).toBe('the API')
  }
  for (const path of ['/v1', '/v12/stock', '/openapi.json.bak', '/x/v1/stock']) {
    expect([path, (await ask(path)).status]).toEqual([path, 404])
  }
})

it.each([
  ['a probe ten seconds', false, 10_000],
  ['a file for the API an hour', true, 3_600_000],
])('gives %s, and whoever connects five to say what he wants', async (_what, isApi, limitMs) => {
  api = isApi ? (_request, response) => response.end() : undefined
  const limits: unknown[] = []
  const began = (message: unknown) => {
    const { requestTimeout, headersTimeout } = (message as { server: Server }).server
    limits.push([requestTimeout, headersTimeout])
  }
  subscribe('http.server.request.start', began)
  await ask('/livez')
  unsubscribe('http.server.request.start', began)
  expect(limits).toEqual([[limitMs, 5_000]])
})

it('lets what is asked of the API come to its end before it closes', async () => {
  let done = (): void => undefined
  api = (_request, response) => {
    done = () => void response.end('done')
  }
  await ask('/livez')
  const asked = ask('/v1/stock')
  await new Promise((resolve) => setTimeout(resolve, 50))
  const closed = server?.close()
  setTimeout(() => done(), 100)
  expect((await asked).text).toBe('done')
  await closed
  server = undefined
})

describe('a body that comes byte by byte', () => {
  const BODY_MS = 150
  const SLOW_MS = 3 * BODY_MS

  /** What is answered, and whether the connection is still there some time later. */
  async function slowly(path: string, type: string): Promise<{ text: string; open: boolean }> {
    server = await startProbeServer({
      ...{ host: '127.0.0.1', port: 0, registry, api, reasons: () => [], bodyMs: BODY_MS },
    })
    let [text, open] = ['', true]
    const socket = connect(server.port, '127.0.0.1')
    socket.on('data', (bytes) => {
      text += String(bytes)
    })
    socket
      .on('error', () => undefined)
      .on('close', () => {
        open = false
      })
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}`
    socket.write(`${head}\r\ncontent-length: 1000\r\n\r\n{`)
    const drip = setInterval(() => socket.write(' '), 20)
    await new Promise((done) => setTimeout(done, SLOW_MS))
    clearInterval(drip)
    const ended = { text, open }
    socket.destroy()
    return ended
  }

  it('is cut off, and told why', async () => {
    api = (request) => void request.resume()
    const { text, open } = await slowly('/v1/sessions', 'application/json')
    expect([text.split('\r\n')[0], open]).toEqual(['HTTP/1.1 408 Request Timeout', false])
  })

  it('is cut off as a file too when nobody reads it any more', async () => {
    api = (_request, response) => {
      response.statusCode = 401
      response.end()
    }
    const { text, open } = await slowly('/v1/batches', 'application/octet-stream')
    expect([text.split('\r\n')[0], open]).toEqual(['HTTP/1.1 401 Unauthorized', false])
  })

  it('is cut off at a probe', async () => {
    api = (_request, response) => response.end()
    const { text, open } = await slowly('/livez', 'text/plain')
    expect([text.split('\r\n')[0], open]).toEqual(['HTTP/1.1 405 Method Not Allowed', false])
  })

  it.each(['application/octet-stream', 'Application/Octet-Stream; charset=binary'])(
    'has its time as a file that is being taken (%s)',
    async (type) => {
      api = (request) => void request.resume()
      expect(await slowly('/v1/batches', type)).toEqual({ text: '', open: true })
    },
  )
})

it('takes a hundred connections, and no more', async () => {
  await ask('/livez')
  let closed = 0
  const sockets = Array.from({ length: 110 }, () => {
    const socket = connect(server?.port ?? 0, '127.0.0.1')
    socket.on('error', () => undefined).on('close', () => closed++)
    return socket.resume()
  })
  // The question before may have left one open.
  await vi.waitFor(() => expect(closed).toBeGreaterThanOrEqual(10), 5_000)
  expect(closed).toBeLessThanOrEqual(11)
  for (const socket of sockets) socket.destroy()
})

it('gives the metrics of the registry', async () => {
  registry.registerMetric(
    new (await import('prom-client')).Counter({ name: 'evs_x', help: 'x', registers: [] }),
  )
  expect((await ask('/metrics')).text).toContain('evs_x 0')
})

it.each([
  ['/', 'GET', 404],
  ['/v1/stock', 'GET', 404],
  ['/openapi.json', 'GET', 404],
  ['/metrics', 'POST', 405],
])('refuses %s by %s', async (path, method, status) => {
  expect((await ask(path, method)).status).toBe(status)
})
