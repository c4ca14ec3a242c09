// Accepts connections and makes a channel of each, within a limit for all and one for an address.
// A connection above a limit is dropped at accept; those that are open notice nothing. With TLS a
// channel is made when the handshake is done; until then only handshakes.ts knows the connection.
// Silence is the channel's to end. TCP's own probes are off: a hundred thousand terminals that came
// together would be probed together, and where a queue of the system overflows ten times in ten
// seconds, those whose answers were lost would be cut off.
// Does not know what the frames mean: `onChannel` gives the handlers of a new channel.

import { createServer, type Server, type Socket } from 'node:net'
import { type ChannelHandlers, SocketChannel } from './channel.ts'
import type { ChannelLimits } from './channel-limits.ts'
import { FrameTurns, REQUESTS_PER_TURN } from './frame-turns.ts'
import type { Framing } from './framing.ts'
import { type HandshakeRefusal, Handshakes, type ListenTls } from './handshakes.ts'
import type { Peer } from './peer.ts'
import type { Timers } from './timers.ts'
import type { Credentials } from './tls.ts'

export interface ListenOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly framing: Framing
  readonly limits: ChannelLimits
  readonly timers: Timers
  readonly maxConnections: number
  readonly maxConnectionsPerAddress?: number
  /** Frames that wait when their connection ends are handled; left out: they were not heard. */
  readonly hearsOut?: boolean
  /** Left out: in clear. */
  readonly tls?: ListenTls | undefined
  readonly onChannel: (channel: SocketChannel) => ChannelHandlers
  /** A bug in a handler, or a fault of the listening socket. Channels of others go on. */
  readonly onError: (error: unknown) => void
  /** A connection was dropped at accept. */
  readonly onDropped?: (limit: 'connections' | 'connections-of-address') => void
  /** A TLS handshake did not become a channel. */
  readonly onRefused?: (why: HandshakeRefusal) => void
}

export interface Listener {
  readonly port: number
  connections(): number
  /** For handshakes that come, when it speaks TLS; open channels stay. Throws when unusable. */
  renewTls(credentials: Credentials): void
  /** Takes no new connections; open channels stay. */
  stop(): Promise<void>
  /** Closes every open channel, and ends when the last one is gone. */
  closeAll(reason: string): Promise<void>
}

export function listen(options: ListenOptions): Promise<Listener> {
  if (!(options.maxConnections >= 1)) {
    return Promise.reject(new RangeError('maxConnections must be at least 1'))
  }
  let accepted: Accepted
  try {
    accepted = new Accepted(options)
  } catch (error) {
    // OpenSSL does not take the certificate or the key.
    return Promise.reject(error)
  }
  const server = createServer({ noDelay: true })
  // Node closes what is above this at accept, before a socket is made of it.
  server.maxConnections = options.maxConnections
  server.on('connection', (socket) => accepted.add(socket))
  server.on('drop', () => options.onDropped?.('connections'))
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.removeListener('error', reject)
      server.on('error', (error) => options.onError(error))
      resolve(listener(server, accepted))
    })
  })
}

function listener(server: Server, accepted: Accepted): Listener {
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => accepted.size,
    renewTls: (credentials) => accepted.renewTls(credentials),
    stop() {
      // Its callback would wait for the last open connection; the port is free at once.
      server.close()
      return Promise.resolve()
    },
    closeAll: (reason) => accepted.closeAll(reason),
  }
}

/** The open connections of a listener. */
class Accepted {
  readonly #options: ListenOptions
  readonly #handshakes: Handshakes | undefined
  readonly #turns: FrameTurns
  readonly #channels = new Set<SocketChannel>()
  readonly #byAddress = new Map<string, number>()
  #lastId = 0
  #emptied: (() => void)[] = []

  constructor(options: ListenOptions) {
    const { tls, timers, onRefused = () => undefined } = options
    this.#options = options
    this.#turns = new FrameTurns(timers, REQUESTS_PER_TURN)
    this.#handshakes = tls && new Handshakes({ ...tls, timers, onRefused })
  }

  get size(): number {
    return this.#channels.size
  }

  add(socket: Socket): void {
    const address = socket.remoteAddress
    // A socket without an address was reset before it came to us.
    if (address === undefined || this.#isFull(address)) {
      socket.on('error', () => socket.destroy())
      socket.destroy()
      if (address !== undefined) this.#options.onDropped?.('connections-of-address')
      return
    }
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1)
    socket.on('close', () => this.#left(address))
    if (this.#handshakes === undefined) this.#open(socket, this.#options.limits)
    else {
      this.#handshakes.begin(socket, ({ socket: secured, peer, tookMs }) => {
        this.#open(secured, withoutHandshake(this.#options.limits, tookMs), peer)
      })
    }
  }

  renewTls(credentials: Credentials): void {
    this.#handshakes?.renew(credentials)
  }

  closeAll(reason: string): Promise<void> {
    this.#handshakes?.endAll()
    for (const channel of this.#channels) channel.close(reason)
    if (this.#channels.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#emptied.push(resolve))
  }

  #open(socket: Socket, limits: ChannelLimits, peer?: Peer): void {
    const { framing, timers, onError, hearsOut } = this.#options
    this.#lastId += 1
    const channel = new SocketChannel({
      ...{ id: this.#lastId, socket, framing, limits, timers, peer, onError, turns: this.#turns },
      hearsOut,
    })
    this.#channels.add(channel)
    socket.on('close', () => this.#remove(channel))
    try {
      channel.start(this.#options.onChannel(channel))
    } catch (error) {
      onError(error)
      socket.destroy()
    }
  }

  #isFull(address: string): boolean {
    const limit = this.#options.maxConnectionsPerAddress
    return limit !== undefined && (this.#byAddress.get(address) ?? 0) >= limit
  }

  #left(address: string): void {
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left > 0) this.#byAddress.set(address, left)
    else this.#byAddress.delete(address)
  }

  #remove(channel: SocketChannel): void {
    this.#channels.delete(channel)
    if (this.#channels.size > 0) return
    for (const resolve of this.#emptied.splice(0)) resolve()
  }
}

/** The first frame is due so long after the accept, however the time was spent. */
function withoutHandshake(limits: ChannelLimits, tookMs: number): ChannelLimits {
  const { firstFrameMs } = limits
  return firstFrameMs === 0
    ? limits
    : { ...limits, firstFrameMs: Math.max(1, firstFrameMs - tookMs) }
}
