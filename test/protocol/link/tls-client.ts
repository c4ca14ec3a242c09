// Both ends of TLS for the tests of the link: a listener that echoes, and a client that does as it
// is told, with any versions and certificates. The client takes the server's certificate unseen,
// because here the server is what is looked at.

import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { frame } from '../../../protocol/link/framing.ts'
import type { HandshakeRefusal, ListenTls } from '../../../protocol/link/handshakes.ts'
import type { Credentials } from '../../../protocol/link/tls.ts'
import { Authority, type Issued } from '../certificates/authority.ts'
import { type EchoOptions, listenAndEcho, PLAIN, until } from './loopback.ts'

export const authority = new Authority('Test Authority')
export const server = authority.issue({ commonName: 'switch', names: ['localhost', '127.0.0.1'] })
export const terminal = authority.issue({ commonName: '10000001', use: 'client' })

/** Those of a listener; with `ca` it asks for certificates. */
export function listening(ca?: Authority, issued: Issued = server): Credentials {
  return { ...issued, ca: ca?.certificate }
}

export interface TlsClient {
  readonly socket: TLSSocket
  received(): Buffer
  isClosed(): boolean
  /** The session that a later connection may resume. */
  session(): Buffer | undefined
  readonly errors: string[]
}

const sockets: TLSSocket[] = []

/** Comes back when the handshake is done or has failed. */
export async function tlsClient(port: number, options: ConnectionOptions = {}): Promise<TlsClient> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  sockets.push(socket)
  const chunks: Buffer[] = []
  const errors: string[] = []
  let closed = false
  let secure = false
  let session: Buffer | undefined
  socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? error.message))
  socket.on('close', () => {
    closed = true
  })
  socket.on('secureConnect', () => {
    secure = true
  })
  socket.on('session', (given: Buffer) => {
    session = given
  })
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await until(() => closed || secure)
  return {
    ...{ socket, errors },
    received: () => Buffer.concat(chunks),
    isClosed: () => closed,
    session: () => session,
  }
}

/** As a client shows it. */
export function showing({ certificate, key }: Issued): ConnectionOptions {
  return { cert: certificate, key }
}

export function endTlsClients(): void {
  for (const socket of sockets.splice(0)) socket.destroy()
}

export const hello = frame(PLAIN, Buffer.from('hello'))

/** A listener that echoes within TLS. */
export async function echoOverTls(tls: Partial<ListenTls> = {}, options: EchoOptions = {}) {
  const refused: HandshakeRefusal[] = []
  const echo = await listenAndEcho({
    tls: {
      ...{ credentials: listening(), minVersion: 'TLSv1.2' },
      ...{ handshakeMs: 8_000, maxHandshakes: 100 },
      ...tls,
    },
    onRefused: (why) => refused.push(why),
    ...options,
  })
  return { ...echo, refused, port: echo.listener.port }
}

/** It says hello and hears it again. */
export async function answers(peer: TlsClient): Promise<void> {
  const before = peer.received().length
  peer.socket.write(hello)
  await until(() => peer.received().length === before + hello.length)
}
