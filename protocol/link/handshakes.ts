// TLS handshakes in progress on the connections that a listener accepted: each has a deadline, and
// there are so many at most. When one more comes, the oldest makes room: an honest client is done
// in a moment, so that those who only open sockets push out each other. [nothing-lost, N3, N8]
//
// A client that must show a certificate and does not, or one that is not admitted, never becomes a
// channel. Renegotiation closes. Ticket keys live in this process, change with the authority, and
// every hour.

import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { type Peer, peerOf } from './peer.ts'
import type { Timers } from './timers.ts'
import { type Credentials, contextOptions, TICKET_SECONDS, type TlsVersion } from './tls.ts'

export interface ListenTls {
  /** With a `ca` every client must show a certificate of it. */
  readonly credentials: Credentials
  readonly minVersion: TlsVersion
  readonly handshakeMs: number
  readonly maxHandshakes: number
  /** Whose certificates are taken, beside being the authority's; all of them when left out. */
  readonly admits?: ((peer: Peer) => boolean) | undefined
}

export type HandshakeRefusal =
  | 'handshake-deadline'
  | 'handshake-failed'
  | 'handshakes-most'
  | 'no-client-certificate'
  | 'client-certificate-refused'
  | 'client-certificate-revoked'
  | 'revocation-list-expired'
  | 'client-not-admitted'

export interface HandshakesOptions extends ListenTls {
  readonly timers: Timers
  readonly onRefused: (why: HandshakeRefusal) => void
}

/** A handshake that was done. */
export interface Secured {
  readonly socket: TLSSocket
  readonly peer: Peer | undefined
  readonly tookMs: number
}

interface Handshake {
  readonly raw: Socket
  readonly startedMs: number
  readonly cancel: () => void
  readonly done: (secured: Secured) => void
}

export class Handshakes {
  readonly #options: HandshakesOptions
  /** Never listens itself: it is handed what was accepted. */
  readonly #server: Server
  /** By the ends of the connection, oldest first. */
  readonly #open = new Map<string, Handshake>()
  #credentials: Credentials
  /** Since when tickets are of the keys that they are of. */
  #ticketsMs: number
  /** Of authority and revocation lists: who was let in under others is looked at anew. */
  #trust: string

  constructor(options: HandshakesOptions) {
    const { credentials, minVersion } = options
    this.#options = options
    this.#credentials = credentials
    this.#ticketsMs = options.timers.monotonicMs()
    this.#trust = trustOf(credentials)
    const needsClient = credentials.ca !== undefined
    this.#server = createServer({
      ...contextOptions(credentials, minVersion),
      requestCert: needsClient,
      rejectUnauthorized: needsClient,
    })
    this.#server.on('secureConnection', (socket) => this.#secured(socket))
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket))
  }

  get size(): number {
    return this.#open.size
  }

  begin(raw: Socket, done: (secured: Secured) => void): void {
    raw.on('error', () => raw.destroy())
    const ends = endsOf(raw)
    if (ends === undefined) {
      raw.destroy()
      return
    }
    this.#renewTickets()
    const { timers, handshakeMs, maxHandshakes } = this.#options
    const [oldest] = this.#open.values()
    if (this.#open.size >= maxHandshakes && oldest !== undefined) {
      this.#refuse(oldest, 'handshakes-most')
    }
    const cancel = timers.after(handshakeMs, () => this.#refuse(handshake, 'handshake-deadline'))
    const handshake = { raw, startedMs: timers.monotonicMs(), cancel, done }
    this.#open.set(ends, handshake)
    raw.once('close', () => this.#forget(ends, handshake))
    this.#server.emit('connection', raw)
  }

  /**
   * For the handshakes that come; throws, and changes nothing, when OpenSSL does not take them.
   * Sessions from under another authority, or other revocation lists, cannot be resumed.
   */
  renew(credentials: Credentials): void {
    const ticketKeys = this.#server.getTicketKeys()
    this.#server.setSecureContext(contextOptions(credentials, this.#options.minVersion))
    const trust = trustOf(credentials)
    if (trust === this.#trust) this.#server.setTicketKeys(ticketKeys)
    else this.#ticketsMs = this.#options.timers.monotonicMs()
    this.#credentials = credentials
    this.#trust = trust
  }

  /**
   * Each resumption of TLS 1.3 brings a ticket for another hour; with other keys it ends. They come
   * in a new context: a handshake that is under way gets a ticket of the old ones.
   */
  #renewTickets(): void {
    const { timers, minVersion } = this.#options
    const nowMs = timers.monotonicMs()
    if (nowMs - this.#ticketsMs < TICKET_SECONDS * 1_000) return
    this.#ticketsMs = nowMs
    this.#server.setSecureContext(contextOptions(this.#credentials, minVersion))
  }

  endAll(): void {
    for (const { raw } of this.#open.values()) raw.destroy()
  }

  #secured(socket: TLSSocket): void {
    const ends = endsOf(socket) ?? ''
    const handshake = this.#open.get(ends)
    if (handshake === undefined) {
      // It was reset meanwhile.
      abandon(socket)
      return
    }
    this.#forget(ends, handshake)
    socket.disableRenegotiation()
    const { timers } = this.#options
    const isAsked = this.#credentials.ca !== undefined
    const peer = isAsked ? peerOf(socket, timers.wallMs()) : undefined
    const refusal = isAsked ? this.#refusalOf(peer, socket.authorized) : undefined
    if (refusal !== undefined) {
      this.#options.onRefused(refusal)
      abandon(socket)
      return
    }
    const tookMs = timers.monotonicMs() - handshake.startedMs
    handshake.done({ socket, peer, tookMs })
  }

  #refusalOf(peer: Peer | undefined, authorized: boolean): HandshakeRefusal | undefined {
    const { timers, admits } = this.#options
    if (peer === undefined || !authorized) return 'client-certificate-refused'
    // OpenSSL looks into the lists when a session begins, and not when it is resumed.
    const { crlExpiresMs = Infinity } = this.#credentials
    if (timers.wallMs() >= crlExpiresMs) return 'revocation-list-expired'
    return admits?.(peer) === false ? 'client-not-admitted' : undefined
  }

  /** Who hung up in the middle, or was told to, is not counted here. */
  #failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    // Declared as an error; it is the code of one, or null.
    const unauthorized: unknown = socket.authorizationError
    if (typeof unauthorized === 'string') this.#options.onRefused(refusalOf(unauthorized))
    else if (error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') {
      this.#options.onRefused('no-client-certificate')
    } else if (error.code !== 'ECONNRESET') this.#options.onRefused('handshake-failed')
    socket.destroy()
  }

  #refuse({ raw }: Handshake, why: HandshakeRefusal): void {
    this.#options.onRefused(why)
    raw.destroy()
  }

  #forget(ends: string, handshake: Handshake): void {
    handshake.cancel()
    if (this.#open.get(ends) === handshake) this.#open.delete(ends)
  }
}

function trustOf({ ca = '', crl = [] }: Credentials): string {
  return [ca, ...crl].join('\n')
}

/** By the words of OpenSSL. */
function refusalOf(code: string): HandshakeRefusal {
  if (code === 'CERT_REVOKED') return 'client-certificate-revoked'
  return code === 'CRL_HAS_EXPIRED' ? 'revocation-list-expired' : 'client-certificate-refused'
}

function abandon(socket: TLSSocket): void {
  socket.on('error', () => undefined)
  socket.destroy()
}

/** What tells one open connection from all others; undefined when it was reset. */
function endsOf(socket: Socket): string | undefined {
  const { localAddress, remoteAddress, remotePort } = socket
  return remotePort === undefined ? undefined : `${localAddress} ${remoteAddress} ${remotePort}`
}
