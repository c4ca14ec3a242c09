// The TCP port for probes and metrics: GET /livez (or /healthz), /readyz, /metrics, and nothing
// else, unless the admin API is to be served there too. It changes nothing by itself and tells
// nothing about a single terminal, card or sale. Whoever sends a body byte by byte does not keep
// the places of probes: only a file that is being taken may come slowly.

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemTimers } from '../../protocol/link/timers.ts'
import { closeWithGrace } from './socket-server.ts'

export interface ProbeOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Prometheus metrics, as prom-client's registry gives them. */
  readonly registry: { readonly contentType: string; metrics(): Promise<string> }
  /** Why it does not sell now; empty when it does. */
  readonly reasons: () => readonly string[]
  /** What somebody should look at while it sells; it is ready all the same. */
  readonly warnings?: () => readonly string[]
  /** Takes what is below /v1 and the OpenAPI document; it lets nobody in without a session. */
  readonly api?: RequestListener | undefined
  /** How long a body may take that is no file, and what is left of one that is answered already. */
  readonly bodyMs?: number
}

const BODY_MS = 10_000
const TOO_SLOW = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'

/** An import of a large file is one request. */
const UPLOAD_MS = 3_600_000

export interface ProbeServer {
  readonly port: number
  close(): Promise<void>
}

export function startProbeServer(options: ProbeOptions): Promise<ProbeServer> {
  const server = createServer((request, response) => {
    mustEnd(request, response, options.bodyMs ?? BODY_MS)
    answer(options, request, response)
  })
  server.requestTimeout = options.api === undefined ? 10_000 : UPLOAD_MS
  server.headersTimeout = 5_000
  server.maxConnections = 100
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () => {
          const closed = closeWithGrace(server)
          // A probe is asked again; what is asked of the API may be half done.
          if (options.api === undefined) server.closeAllConnections()
          return closed
        },
      })
    })
  })
}

/** A file has the time of the whole request, for as long as somebody reads it. */
function mustEnd(request: IncomingMessage, response: ServerResponse, bodyMs: number): void {
  const { headers, socket } = request
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return
  const cut = () => {
    if (request.complete) return
    if (!response.headersSent) socket.write(TOO_SLOW)
    socket.destroy()
  }
  const cutLater = () => {
    const cancel = systemTimers.after(bodyMs, cut)
    request.once('close', cancel)
  }
  if (!isFile(headers['content-type'])) cutLater()
  response.once('finish', () => {
    if (!request.complete) cutLater()
  })
}

/** As the API reads it: without parameters, in capitals or not. */
function isFile(contentType = ''): boolean {
  return contentType.split(';')[0]?.trim().toLowerCase() === 'application/octet-stream'
}

function answer(options: ProbeOptions, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url?.split('?')[0]
  if (options.api !== undefined && path !== undefined && /^\/(v1\/|openapi\.json$)/.test(path)) {
    options.api(request, response)
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return end(response, 405, 'text/plain', 'GET only\n')
  }
  if (path === '/livez' || path === '/healthz') return end(response, 200, 'text/plain', 'alive\n')
  if (path === '/readyz') {
    const reasons = options.reasons()
    const warnings = options.warnings?.() ?? []
    const told = warnings.length === 0 ? {} : { warnings }
    const body = JSON.stringify({ ready: reasons.length === 0, reasons, ...told })
    return end(response, reasons.length === 0 ? 200 : 503, 'application/json', `${body}\n`)
  }
  if (path !== '/metrics') return end(response, 404, 'text/plain', 'not here\n')
  options.registry.metrics().then(
    (text) => end(response, 200, options.registry.contentType, text),
    () => end(response, 500, 'text/plain', 'the metrics cannot be read\n'),
  )
}

function end(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(body)
}
