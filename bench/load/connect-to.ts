// Where a line or an idle terminal connects to, and how: from an address of its own, so that no
// address runs out of ports, and with TLS under the session of the time before. Whose certificate
// it is shown is not asked: that is no part of what is measured.

import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface Place {
  readonly port: number
  /** Of the loopback network, as `from` is. */
  readonly host?: string | undefined
  readonly from?: string | undefined
  /** A port of `from` that is free. To look for one costs the more the more are taken. */
  readonly fromPort?: number | undefined
  readonly tls?: boolean | undefined
}

export interface Dialled {
  readonly socket: Socket
  /** When it may be written to. */
  readonly ready: 'connect' | 'secureConnect'
}

export function connectTo(
  { port, host = '127.0.0.1', from, fromPort, tls }: Place,
  session?: Buffer | undefined,
): Dialled {
  const local = fromPort === undefined ? {} : { localPort: fromPort }
  const place = { port, host, ...(from === undefined ? {} : { localAddress: from }), ...local }
  if (tls !== true) {
    return { socket: connect({ ...place, noDelay: true }), ready: 'connect' }
  }
  const resumed = session === undefined ? {} : { session }
  const socket = connectTls({ ...place, ...resumed, rejectUnauthorized: false })
  socket.setNoDelay(true)
  return { socket, ready: 'secureConnect' }
}
