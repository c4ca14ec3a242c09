// The port of probes: three paths, reading only.

import { Registry } from 'prom-client'
import { afterEach, expect, it } from 'vitest'
import { type ProbeServer, startProbeServer } from '../../../switch/admin/probe-server.ts'

let server: ProbeServer | undefined
let reasons: string[] = []
let warnings: string[] = []
const registry = new Registry()

afterEach(async () => {
  await server?.close()
  server = undefined
})

async function ask(path: string, method = 'GET') {
  server ??= await startProbeServer({
    host: '127.0.0.1',
    port: 0,
    registry,
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
