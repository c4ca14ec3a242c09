// Opens one connection to a server, with or without TLS. With it the server is always verified:
// its certificate must come from the given authority and bear the given name, and there is no
// setting, environment variable included, that turns this off.

import { connect, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, type SecureContext } from 'node:tls'

export interface DialTls {
  /** The name, or the IP address, that the certificate of the server must bear. */
  readonly serverName: string
  /** Asked at every attempt, so that renewed files are used by the next one. */
  readonly context: () => SecureContext
}

export interface Destination {
  readonly host: string
  readonly port: number
  readonly tls?: DialTls | undefined
}

const KEEP_ALIVE_MS = 60_000

/** `up` is called once, when bytes may be written. Until then the socket only fails or closes. */
export function openSocket({ host, port, tls }: Destination, up: () => void): Socket {
  if (tls === undefined) {
    const keepAlive = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }
    return connect({ host, port, noDelay: true, ...keepAlive }).once('connect', up)
  }
  const { serverName } = tls
  const socket = connectTls({
    ...{ host, port, secureContext: tls.context() },
    rejectUnauthorized: true,
    // A name is told to the server; an address cannot be. [RFC 6066, 3]
    servername: isIP(serverName) === 0 ? serverName : '',
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  })
  return socket.once('secureConnect', () => {
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    up()
  })
}
