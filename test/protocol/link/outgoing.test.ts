// Dialling with TLS: the server must be the one that was meant, whatever stands in the environment,
// and renewed files are used by the next attempt. [nothing-lost, N7, N8]

import { type AddressInfo, Socket } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Dialer, dial } from '../../../protocol/link/dialer.ts'
import { frame } from '../../../protocol/link/framing.ts'
import { type DialTls, openSocket } from '../../../protocol/link/outgoing.ts'
import { secureContext } from '../../../protocol/link/tls.ts'
import { Authority, type Issued } from '../certificates/authority.ts'
import { endAll, LIMITS, listenAndEcho, PLAIN, until } from './loopback.ts'
import { authority, listening, server, terminal } from './tls-client.ts'

const stranger = new Authority('Test Authority')
const closing: (() => void)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) close()
  await endAll()
})

function trusting(ca: Authority, serverName: string, own?: Issued): DialTls {
  const context = secureContext({ ca: ca.certificate, ...own }, 'TLSv1.2')
  return { serverName, context: () => context }
}

/** `up`, or the code of what went wrong. */
async function outcome(port: number, tls: DialTls): Promise<string> {
  let told = ''
  const socket = openSocket({ host: '127.0.0.1', port, tls }, () => {
    told ||= 'up'
  })
  closing.push(() => socket.destroy())
  socket.on('error', (error: NodeJS.ErrnoException) => {
    told ||= error.code ?? error.message
  })
  await until(() => told !== '')
  return told
}

async function serving(issued: Issued): Promise<number> {
  const tls = { credentials: listening(undefined, issued), minVersion: 'TLSv1.2' } as const
  const echo = await listenAndEcho({ tls: { ...tls, handshakeMs: 8_000, maxHandshakes: 10 } })
  return echo.listener.port
}

describe('the server', () => {
  const past = Date.now() - 1_000
  it.each<[string, Issued, DialTls, string]>([
    ['by name', server, trusting(authority, 'localhost'), 'up'],
    ['by address', server, trusting(authority, '127.0.0.1'), 'up'],
    [
      'of another name',
      server,
      trusting(authority, 'bank.example.ir'),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    ['of another address', server, trusting(authority, '10.0.0.1'), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['of another authority', server, trusting(stranger, 'localhost'), 'CERT_SIGNATURE_FAILURE'],
    [
      'with an expired certificate',
      authority.issue({ commonName: 'switch', names: ['localhost'], toMs: past }),
      trusting(authority, 'localhost'),
      'CERT_HAS_EXPIRED',
    ],
    [
      'with the certificate of a client',
      authority.issue({ commonName: 'switch', names: ['localhost'], use: 'client' }),
      trusting(authority, 'localhost'),
      'INVALID_PURPOSE',
    ],
  ])('%s', async (_what, issued, tls, expected) => {
    expect(await outcome(await serving(issued), tls)).toBe(expected)
  })

  it('is verified although the environment says otherwise', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    closing.push(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
    const port = await serving(server)
    expect(await outcome(port, trusting(stranger, 'localhost'))).toBe('CERT_SIGNATURE_FAILURE')
    expect(await outcome(port, trusting(authority, 'elsewhere'))).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    )
  })

  const weak = { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const
  it.each<[string, TlsOptions]>([
    ['of TLS 1.0 only', { ...weak, maxVersion: 'TLSv1' }],
    ['of TLS 1.1 only', { ...weak, maxVersion: 'TLSv1.1' }],
    ['of CBC suites only', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }],
  ])('%s is not spoken to', async (_what, options) => {
    const old = createServer({ cert: server.certificate, key: server.key, ...options })
    old.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve))
    closing.push(() => old.close())
    const address = old.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const told = await outcome(port, trusting(authority, 'localhost'))
    expect(told).toMatch(/^(ERR_SSL_|EPROTO|ECONNRESET)/)
  })
})

describe('a dialler', () => {
  it('is up when the handshake is done, and dials again with renewed files', async () => {
    const tls = { credentials: listening(authority), minVersion: 'TLSv1.2' } as const
    const echo = await listenAndEcho({ tls: { ...tls, handshakeMs: 8_000, maxHandshakes: 10 } })
    const other = authority.issue({ commonName: 'renewed', use: 'client' })
    const contexts = [terminal, other].map((own) => {
      return secureContext({ ...own, ca: authority.certificate }, 'TLSv1.2')
    })
    let renewed = 0
    const frames: string[] = []
    const reasons: string[] = []
    const dialer: Dialer = dial({
      ...{ host: '127.0.0.1', port: echo.listener.port, framing: PLAIN, limits: LIMITS },
      tls: {
        serverName: 'localhost',
        context: () => contexts[renewed] ?? expect.unreachable(),
      },
      timers: echo.time,
      backoff: { firstMs: 100, maxMs: 100 },
      random: () => 0,
      onUp: (channel) => {
        channel.send(Buffer.from('hello'))
        return { frame: (body) => frames.push(body.toString()), closed: () => undefined }
      },
      onDown: (reason) => reasons.push(reason),
      onError: (error) => {
        throw error
      },
    })
    closing.push(() => dialer.close())
    await until(() => frames.length === 1)
    renewed = 1
    echo.channels[0]?.close('again')
    await until(() => reasons.length === 1)
    echo.time.advance(100)
    await until(() => frames.length === 2)
    expect(echo.channels.map(({ peer }) => peer?.names)).toEqual([['10000001'], ['renewed']])
  })

  it('tells why a server is not the one that was meant', async () => {
    const { time } = await listenAndEcho()
    const reasons: string[] = []
    const dialer = dial({
      ...{ host: '127.0.0.1', port: await serving(server), framing: PLAIN, limits: LIMITS },
      ...{ tls: trusting(authority, 'elsewhere'), timers: time, random: () => 0 },
      backoff: { firstMs: 100, maxMs: 100 },
      onUp: () => expect.unreachable(),
      onDown: (reason) => reasons.push(reason),
      onError: () => undefined,
    })
    closing.push(() => dialer.close())
    await until(() => reasons.length === 1)
    expect(reasons).toEqual(['ERR_TLS_CERT_ALTNAME_INVALID'])
  })

  it('gives up on a server that is silent in the handshake', async () => {
    const silent = await listenAndEcho({ onFrame: () => undefined })
    const reasons: string[] = []
    const dialer = dial({
      ...{ host: '127.0.0.1', port: silent.listener.port, framing: PLAIN, limits: LIMITS },
      ...{ tls: trusting(authority, 'localhost'), timers: silent.time, random: () => 0 },
      backoff: { firstMs: 100, maxMs: 100 },
      connectMs: 300,
      onUp: () => expect.unreachable(),
      onDown: (reason) => reasons.push(reason),
      onError: () => undefined,
    })
    closing.push(() => dialer.close())
    await until(() => silent.channels.length === 1)
    silent.time.advance(300)
    await until(() => reasons.length === 1)
    expect(reasons[0]).toMatch(/no connection in time|ECONNRESET|closed by the peer/)
  })
})

it('without TLS it is a plain connection', async () => {
  const echo = await listenAndEcho()
  const socket = openSocket({ host: '127.0.0.1', port: echo.listener.port }, () => {
    socket.write(frame(PLAIN, Buffer.from('hello')))
  })
  closing.push(() => socket.destroy())
  await until(() => echo.frames.length === 1)
})

it('a connection within TLS is probed by TCP while it is silent', async () => {
  const asked = vi.spyOn(Socket.prototype, 'setKeepAlive')
  try {
    expect(await outcome(await serving(server), trusting(authority, 'localhost'))).toBe('up')
    expect(asked.mock.calls).toContainEqual([true, 60_000])
  } finally {
    asked.mockRestore()
  }
})

it('a connection in clear is probed by TCP too, and waits with no byte', async () => {
  const echo = await listenAndEcho()
  let isUp = false
  const socket = openSocket({ host: '127.0.0.1', port: echo.listener.port }, () => {
    isUp = true
  })
  closing.push(() => socket.destroy())
  type Handle = Record<'setKeepAlive' | 'setNoDelay', (...given: unknown[]) => number>
  const { _handle: handle } = socket as unknown as { _handle: Handle }
  const keepAlive = vi.spyOn(handle, 'setKeepAlive')
  const noDelay = vi.spyOn(handle, 'setNoDelay')
  await until(() => isUp)
  // The system counts in seconds.
  expect(keepAlive.mock.calls).toEqual([[true, 60]])
  expect(noDelay.mock.calls).toEqual([[true]])
})

it.each([
  ['a name is told to the server', 'localhost', ['localhost']],
  ['an address is not', '127.0.0.1', []],
])('%s', async (_what, serverName, told) => {
  const names: string[] = []
  const there = createServer({
    ...{ cert: server.certificate, key: server.key },
    SNICallback: (name, goOn) => {
      names.push(name)
      goOn(null)
    },
  })
  await new Promise<void>((resolve) => there.listen(0, '127.0.0.1', resolve))
  closing.push(() => there.close())
  const { port } = there.address() as AddressInfo
  expect(await outcome(port, trusting(authority, serverName))).toBe('up')
  expect(names).toEqual(told)
})
