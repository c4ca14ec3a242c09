// Which TLS is spoken: versions, suites and their order, against a client that offers what no
// library of today does any more. [nothing-lost, N7]

import { afterEach, describe, expect, it } from 'vitest'
import { contextOptions } from '../../../protocol/link/tls.ts'
import { answerIn, clientHello, SUITE, VERSION } from './client-hello.ts'
import { client, endAll, until } from './loopback.ts'
import { answers, echoOverTls, endTlsClients, hello, server, tlsClient } from './tls-client.ts'

afterEach(async () => {
  endTlsClients()
  await endAll()
})

it('a session is resumed for an hour at the most: its certificate is not read again meanwhile', () => {
  const { sessionTimeout } = contextOptions(server, 'TLSv1.2')
  expect(sessionTimeout).toBeGreaterThan(0)
  expect(sessionTimeout).toBeLessThanOrEqual(3_600)
})

describe('versions and suites', () => {
  it.each([
    ['TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['TLSv1.3', 'TLS_AES_128_GCM_SHA256'],
  ] as const)('%s is spoken, in the order of the server', async (version, suite) => {
    const { port } = await echoOverTls()
    const ciphers =
      'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE+CHACHA20:ECDHE+AESGCM'
    const peer = await tlsClient(port, { minVersion: version, maxVersion: version, ciphers })
    expect([peer.socket.getProtocol(), peer.socket.getCipher().name]).toEqual([version, suite])
    await answers(peer)
  })

  it.each([
    ['SSLv3', 'handshake failure'],
    ['TLSv1.0', 'protocol version'],
    ['TLSv1.1', 'protocol version'],
  ] as const)('%s is refused', async (version, what) => {
    const { port, channels, refused } = await echoOverTls()
    const peer = await client(port)
    peer.socket.write(clientHello(VERSION[version], Object.values(SUITE)))
    await until(() => peer.isClosed())
    expect(answerIn(peer.received())).toEqual({ kind: 'alert', what })
    expect([channels.length, refused]).toEqual([0, ['handshake-failed']])
  })

  it('TLS 1.2 is refused where 1.3 is the oldest', async () => {
    const { port } = await echoOverTls({ minVersion: 'TLSv1.3' })
    const peer = await client(port)
    peer.socket.write(clientHello(VERSION['TLSv1.2'], Object.values(SUITE)))
    await until(() => peer.isClosed())
    expect(answerIn(peer.received())).toEqual({ kind: 'alert', what: 'protocol version' })
  })

  const { ECDHE_ECDSA_AES128_GCM, ...bad } = SUITE

  it('the hello by hand is a good one: with a good suite it is accepted', async () => {
    const { port } = await echoOverTls()
    const peer = await client(port)
    peer.socket.write(clientHello(VERSION['TLSv1.2'], Object.values(SUITE)))
    await until(() => peer.received().length > 100)
    expect(answerIn(peer.received())).toEqual({
      ...{ kind: 'accepted', version: VERSION['TLSv1.2'], suite: ECDHE_ECDSA_AES128_GCM },
    })
  })

  it.each(Object.entries(bad))('%s is refused', async (_name, suite) => {
    const { port, channels, refused } = await echoOverTls()
    const peer = await client(port)
    peer.socket.write(clientHello(VERSION['TLSv1.2'], [suite]))
    await until(() => peer.isClosed())
    expect(answerIn(peer.received())).toEqual({ kind: 'alert', what: 'handshake failure' })
    expect([channels.length, refused]).toEqual([0, ['handshake-failed']])
  })

  it('a client that speaks in clear is refused', async () => {
    const { port, channels, refused } = await echoOverTls()
    const peer = await client(port)
    peer.socket.write(hello)
    await until(() => peer.isClosed())
    expect([channels.length, refused]).toEqual([0, ['handshake-failed']])
  })

  it('renegotiation closes the connection', async () => {
    const { port, closed } = await echoOverTls()
    const peer = await tlsClient(port, { maxVersion: 'TLSv1.2' })
    await answers(peer)
    peer.socket.renegotiate({}, () => undefined)
    await until(() => peer.isClosed() && closed.length === 1)
    expect(closed).toEqual(['socket error: ERR_TLS_RENEGOTIATION_DISABLED'])
  })
})
