// TLS of a listener over real sockets: handshakes that stop half-way, certificates of clients,
// resumption, renewal, and the limits of connections within TLS. [nothing-lost, N3, N4, N6, N8]

import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import type { Credentials } from '../../../protocol/link/tls.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { Authority } from '../certificates/authority.ts'
import { clientHello, SUITE } from './client-hello.ts'
import { client, endAll, listenAndEcho, until } from './loopback.ts'
import {
  answers,
  authority,
  echoOverTls,
  endTlsClients,
  hello,
  listening,
  server,
  showing,
  terminal,
  tlsClient,
} from './tls-client.ts'

afterEach(async () => {
  endTlsClients()
  await endAll()
})

describe('a handshake that stops', () => {
  it.each([
    ['before its first byte', Buffer.alloc(0)],
    [
      'after a part of the hello',
      clientHello(0x0303, [SUITE.ECDHE_ECDSA_AES128_GCM]).subarray(0, 9),
    ],
    ['after the hello', clientHello(0x0303, [SUITE.ECDHE_ECDSA_AES128_GCM])],
  ])('%s is ended by its deadline', async (_where, bytes) => {
    const { port, time, refused, channels } = await echoOverTls()
    const peer = await client(port)
    peer.socket.write(bytes)
    await until(() => time.pending === 1)
    time.advance(7_999)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([peer.isClosed(), refused]).toEqual([false, []])
    time.advance(1)
    await until(() => peer.isClosed())
    expect([refused, channels.length, time.pending]).toEqual([['handshake-deadline'], 0, 0])
  })

  it('makes room for a new one when there are too many', async () => {
    const { port, refused, listener } = await echoOverTls({ maxHandshakes: 3 })
    const silent = [await client(port), await client(port), await client(port)]
    const honest = await tlsClient(port)
    await answers(honest)
    await until(() => silent[0]?.isClosed() === true)
    expect(silent.map((peer) => peer.isClosed())).toEqual([true, false, false])
    expect(refused).toEqual(['handshakes-most'])
    expect(listener.connections()).toBe(1)
  })

  it('counts as a connection: above the limit the extra ones are dropped', async () => {
    const { port, dropped, time } = await echoOverTls({}, { maxConnections: 2 })
    const open = await tlsClient(port)
    const silent = await client(port)
    const extra = [await client(port), await client(port)]
    await until(() => extra.every((peer) => peer.isClosed()) && dropped.length === 2)
    await answers(open)
    silent.socket.destroy()
    // The open connection has one deadline, the handshake had another.
    await until(() => time.pending === 1)
    await answers(await tlsClient(port))
  })

  it('of one address counts for the limit of that address', async () => {
    const { port, dropped } = await echoOverTls({}, { maxConnectionsPerAddress: 1 })
    await client(port)
    const extra = await client(port)
    await until(() => extra.isClosed())
    expect(dropped).toEqual(['connections-of-address'])
  })

  it('ends with its listener', async () => {
    const { port, listener, time } = await echoOverTls()
    const silent = await client(port)
    await until(() => time.pending === 1)
    await listener.stop()
    await listener.closeAll('stopping')
    await until(() => silent.isClosed())
    expect(time.pending).toBe(0)
  })
})

describe('deadlines and caps of a channel', () => {
  it('its first frame is due ten seconds after the accept, handshake included', async () => {
    const { port, time, counted, channels } = await echoOverTls()
    const raw = await client(port)
    await until(() => time.pending === 1)
    // The hello comes seven seconds late.
    time.advance(7_000)
    const peer = await tlsClient(port, { socket: raw.socket })
    await until(() => channels.length === 1)
    time.advance(2_999)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(counted).toEqual([])
    time.advance(1)
    await until(() => peer.isClosed())
    expect(counted).toEqual(['first-frame-deadline'])
  })

  it('a frame that does not end is cut off', async () => {
    const { port, time, counted } = await echoOverTls()
    const peer = await tlsClient(port)
    await answers(peer)
    peer.socket.write(hello.subarray(0, 3))
    await until(() => time.pending === 2)
    time.advance(5_000)
    await until(() => peer.isClosed())
    expect(counted).toEqual(['frame-deadline'])
  })

  it('a client that never reads is cut off at the write cap', async () => {
    const { port, time, channels, counted, closed } = await echoOverTls()
    const peer = await tlsClient(port)
    await answers(peer)
    peer.socket.pause()
    const told: boolean[] = []
    for (let sent = 0; sent < 20_000 && closed.length === 0; sent += 1) {
      channels[0]?.send(Buffer.alloc(4_000), undefined, (ok) => told.push(ok))
      if (sent % 100 === 99) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        time.advance(100)
      }
    }
    expect([counted, closed]).toEqual([['write-cap'], ['the peer does not read']])
    expect(told.at(-1)).toBe(false)
  })

  it('a burst above the cap reaches a client that reads', async () => {
    const { port, time, channels, closed } = await echoOverTls()
    const peer = await tlsClient(port)
    await until(() => channels.length === 1)
    for (let sent = 0; sent < 100; sent += 1) channels[0]?.send(Buffer.alloc(4_000))
    await until(() => peer.received().length === 100 * 4_002)
    time.advance(100)
    expect(closed).toEqual([])
  })

  it('what was sent before a close arrives', async () => {
    const { port } = await echoOverTls(
      {},
      {
        onFrame: (channel, body) => {
          channel.send(body)
          channel.close('enough')
        },
      },
    )
    const peer = await tlsClient(port)
    peer.socket.write(hello)
    await until(() => peer.isClosed())
    expect(peer.received()).toEqual(hello)
    expect(peer.errors).toEqual([])
  })
})

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

describe.each(VERSIONS)('a certificate of the client, %s', (version) => {
  const only = { minVersion: version, maxVersion: version } as const
  const mutual = { credentials: listening(authority) }

  it('names who it is', async () => {
    const names = ['pos.example.ir', '10000002']
    const { port, channels } = await echoOverTls(mutual)
    await answers(await tlsClient(port, { ...only, ...showing(terminal) }))
    const several = authority.issue({ commonName: '10000001', names })
    await answers(await tlsClient(port, { ...only, ...showing(several) }))
    expect(channels.map(({ peer }) => peer?.names)).toEqual([['10000001'], ['10000001', ...names]])
  })

  it('is not asked for without an authority', async () => {
    const { port, channels } = await echoOverTls()
    await answers(await tlsClient(port, { ...only, ...showing(terminal) }))
    expect(channels[0]?.peer).toBeUndefined()
  })

  const stranger = new Authority('Test Authority')
  const long = Date.UTC(2020, 0)
  it.each([
    ['none', {}, 'no-client-certificate'],
    [
      'one of another authority of the same name',
      showing(stranger.issue({ commonName: '10000001' })),
      'client-certificate-refused',
    ],
    [
      'an expired one',
      showing(authority.issue({ commonName: '10000001', fromMs: long, toMs: long + 1_000 })),
      'client-certificate-refused',
    ],
    [
      'one for servers only',
      showing(authority.issue({ commonName: '10000001', use: 'server' })),
      'client-certificate-refused',
    ],
  ] as const)('is refused: %s', async (_what, options, why) => {
    const { port, channels, refused } = await echoOverTls(mutual)
    const peer = await tlsClient(port, { ...only, ...options })
    // In TLS 1.3 the client is done before the server has seen its certificate.
    peer.socket.write(hello)
    await until(() => peer.isClosed() && refused.length === 1)
    expect([refused, channels.length, peer.received().length]).toEqual([[why], 0, 0])
  })

  it('is refused when the listener does not admit its names', async () => {
    const admits = ({ names }: { names: readonly string[] }) => names.includes('gateway.bank')
    const { port, channels, refused } = await echoOverTls({ ...mutual, admits })
    const peer = await tlsClient(port, { ...only, ...showing(terminal) })
    await until(() => peer.isClosed())
    expect([refused, channels.length]).toEqual([['client-not-admitted'], 0])
    const bank = authority.issue({ commonName: 'Bank', names: ['gateway.bank'] })
    await answers(await tlsClient(port, { ...only, ...showing(bank) }))
  })
})

describe.each(VERSIONS)('a resumed session, %s', (version) => {
  const only = { minVersion: version, maxVersion: version } as const
  const options = { ...only, ...showing(terminal) }

  async function withSession(more: Partial<Credentials> = {}) {
    const echo = await echoOverTls({ credentials: { ...listening(authority), ...more } })
    const first = await tlsClient(echo.port, options)
    await answers(first)
    await until(() => first.session() !== undefined)
    let newest = first
    const again = async () => {
      const session = newest.session() ?? first.session()
      const peer = await tlsClient(echo.port, { ...options, ...(session ? { session } : {}) })
      peer.socket.write(hello)
      const reused = peer.socket.isSessionReused()
      await until(() => peer.isClosed() || peer.received().length === hello.length)
      newest = peer
      return { reused, isClosed: peer.isClosed }
    }
    return { ...echo, again }
  }

  it('knows its certificate', async () => {
    const { again, channels } = await withSession()
    const peer = await again()
    expect(peer.reused).toBe(true)
    expect(channels.map((channel) => channel.peer?.names)).toEqual([['10000001'], ['10000001']])
  })

  it('is refused when its certificate has expired meanwhile', async () => {
    const { again, channels, refused, time } = await withSession()
    time.jumpWall(10 * 365 * 86_400_000)
    const peer = await again()
    await until(() => peer.isClosed())
    expect([channels.length, refused]).toEqual([1, ['client-certificate-refused']])
  })

  it('is refused when the list of revoked certificates has expired meanwhile', async () => {
    const crlExpiresMs = new VirtualTime().wallMs() + 5_000
    const { again, channels, refused, time } = await withSession({ crlExpiresMs })
    time.jumpWall(4_999)
    expect((await again()).reused).toBe(true)
    time.jumpWall(1)
    const peer = await again()
    await until(() => peer.isClosed())
    expect([channels.length, refused]).toEqual([2, ['revocation-list-expired']])
  })

  it('ends with its hour, however often it was resumed', async () => {
    const { again, listener, time, channels } = await withSession()
    time.advance(3_599_999)
    expect((await again()).reused).toBe(true)
    listener.renewTls(listening(authority))
    time.advance(1)
    expect((await again()).reused).toBe(false)
    expect(channels.map(({ peer }) => peer?.names[0])).toEqual(Array(3).fill('10000001'))
  })

  it('outlives a new certificate of the server, and not a new authority', async () => {
    const { again, listener, channels, refused } = await withSession()
    const renewed = authority.issue({ commonName: 'switch' })
    listener.renewTls({ ...renewed, ca: authority.certificate })
    expect((await again()).reused).toBe(true)
    listener.renewTls({ ...renewed, ca: new Authority('Another').certificate })
    const peer = await again()
    await until(() => peer.isClosed())
    expect(peer.reused).not.toBe(true)
    expect([channels.length, refused]).toEqual([2, ['client-certificate-refused']])
  })
})

describe('an authority that comes back', () => {
  it('takes no session of the one between', async () => {
    const other = new Authority('Another')
    const strange = showing(other.issue({ commonName: '10000009', use: 'client' }))
    const { port, listener, channels, refused } = await echoOverTls({
      credentials: listening(authority),
    })
    listener.renewTls(listening(other))
    const between = await tlsClient(port, strange)
    await answers(between)
    await until(() => between.session() !== undefined)
    const session = between.session()
    listener.renewTls(listening(authority))
    const peer = await tlsClient(port, { ...strange, ...(session ? { session } : {}) })
    peer.socket.write(hello)
    await until(() => peer.isClosed())
    expect([channels.length, refused]).toEqual([1, ['client-certificate-refused']])
  })
})

describe('renewed files', () => {
  it('change nothing about the oldest version that is spoken', async () => {
    const { port, listener, channels, refused } = await echoOverTls({ minVersion: 'TLSv1.3' })
    listener.renewTls(listening(undefined, authority.issue({ commonName: 'renewed' })))
    const old = await tlsClient(port, { maxVersion: 'TLSv1.2' })
    await until(() => old.isClosed() && refused.length === 1)
    expect([channels.length, refused]).toEqual([0, ['handshake-failed']])
    await answers(await tlsClient(port))
  })

  it('are for new connections; open ones go on', async () => {
    const { port, listener } = await echoOverTls()
    const old = await tlsClient(port)
    await answers(old)
    listener.renewTls(listening(undefined, authority.issue({ commonName: 'renewed' })))
    const fresh = await tlsClient(port)
    expect(fresh.socket.getPeerCertificate().subject.CN).toBe('renewed')
    await answers(fresh)
    await answers(old)
  })

  it('that cannot be used change nothing', async () => {
    const { port, listener } = await echoOverTls()
    const old = await tlsClient(port)
    expect(() => listener.renewTls({ ...server, certificate: 'nonsense' })).toThrow()
    const fresh = await tlsClient(port)
    expect(fresh.socket.getPeerCertificate().subject.CN).toBe('switch')
    await answers(fresh)
    await answers(old)
  })

  it('that cannot be used do not open a listener', async () => {
    const credentials = { certificate: 'nonsense', key: server.key }
    await expect(echoOverTls({ credentials })).rejects.toThrow(/PEM|no start line/)
  })

  it('mean nothing to a listener without TLS', async () => {
    const { listener } = await listenAndEcho()
    listener.renewTls(listening())
    const peer = await client(listener.port)
    peer.socket.write(hello)
    await once(peer.socket, 'data')
  })
})
