// Connections of a real terminal: TCP, or TLS over it, with a 2-byte length and a TPDU.
// [wire-protocol 2]
// One attempt each; whether and when there is another is decided in line.ts.

import { SocketChannel } from '../protocol/link/channel.ts'
import { DIALED_LIMITS } from '../protocol/link/channel-limits.ts'
import { type Framing, MAX_FRAME_BYTES } from '../protocol/link/framing.ts'
import { type Destination, openSocket } from '../protocol/link/outgoing.ts'
import type { Timers } from '../protocol/link/timers.ts'
import type { Connect } from './line.ts'

export interface SocketAddress extends Destination {
  readonly connectMs: number
}

const FRAMING: Framing = {
  length: 'binary2',
  lengthIncludesItself: false,
  tpdu: true,
  maxFrameBytes: MAX_FRAME_BYTES,
}

export function socketConnect(
  address: SocketAddress,
  timers: Timers,
  onError: (error: unknown) => void,
): Connect {
  let lastId = 0
  return (handlers) =>
    new Promise((resolve) => {
      const { host, port } = address
      let reason = 'closed'
      const socket = openSocket(address, () => up())
      const cancel = timers.after(address.connectMs, () => {
        reason = 'no connection in time'
        socket.destroy()
      })
      const failed = (error: NodeJS.ErrnoException): void => {
        reason = error.code ?? error.message
      }
      const closed = (): void => {
        cancel()
        resolve({ kind: 'not-connected', reason: `${host}:${port}: ${reason}` })
      }
      socket.on('error', failed)
      socket.on('close', closed)
      const up = (): void => {
        cancel()
        socket.off('close', closed)
        lastId += 1
        const options = { id: lastId, socket, framing: FRAMING, limits: DIALED_LIMITS }
        const channel = new SocketChannel({ ...options, timers, onError })
        channel.start(handlers)
        resolve({ kind: 'connected', channel })
      }
    })
}
