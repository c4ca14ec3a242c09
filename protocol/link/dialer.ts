// Keeps one outgoing connection: dials, and dials again after every end, with a back-off that grows
// and is scattered so that many dialers do not come back in step.
// Does not sign on or send echoes: the owner of the channel does, and closes it to have it
// redialed.

import type { Socket } from 'node:net'
import { type Channel, type ChannelHandlers, SocketChannel } from './channel.ts'
import type { ChannelLimits } from './channel-limits.ts'
import type { Framing } from './framing.ts'
import { type DialTls, openSocket } from './outgoing.ts'
import type { Timers } from './timers.ts'

export interface DialOptions {
  readonly host: string
  readonly port: number
  /** Left out: in clear. */
  readonly tls?: DialTls | undefined
  readonly framing: Framing
  readonly limits: ChannelLimits
  readonly timers: Timers
  readonly backoff: { readonly firstMs: number; readonly maxMs: number }
  /** From 0 to below 1. */
  readonly random: () => number
  /** How long an attempt may take, its TLS handshake included; 10 s when left out. */
  readonly connectMs?: number
  readonly onUp: (channel: Channel) => ChannelHandlers
  /** An attempt failed or the connection ended, and the next attempt is set. Not after `close`. */
  readonly onDown: (reason: string) => void
  /** A bug in a handler. */
  readonly onError: (error: unknown) => void
}

export interface Dialer {
  /** Ends the connection, or the attempt or the wait for one, for good. */
  close(): void
}

/** How a connection is kept; `dial` over sockets, another over links of a simulation. */
export type Dial = (options: DialOptions) => Dialer

const CONNECT_MS = 10_000

export function dial(options: DialOptions): Dialer {
  const dialing = new Dialing(options)
  dialing.attempt()
  return dialing
}

class Dialing implements Dialer {
  readonly #options: DialOptions
  #closed = false
  /** Attempts since the last connection that held. */
  #attempts = 0
  #lastId = 0
  #socket: Socket | undefined
  #channel: SocketChannel | undefined
  #upSinceMs = 0
  #cancel: (() => void) | undefined

  constructor(options: DialOptions) {
    this.#options = options
  }

  attempt(): void {
    const { host, port, tls, timers, connectMs } = this.#options
    let reason = 'closed by the peer'
    const socket = openSocket({ host, port, tls }, () => {
      socket.off('close', failed)
      this.#up(socket)
    })
    this.#socket = socket
    this.#cancel = timers.after(connectMs ?? CONNECT_MS, () => {
      reason = 'no connection in time'
      socket.destroy()
    })
    const failed = (): void => this.#down(reason)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.code ?? error.message
    })
    socket.on('close', failed)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancel?.()
    if (this.#channel === undefined) this.#socket?.destroy()
    else this.#channel.close('closed by us')
  }

  #up(socket: Socket): void {
    this.#cancel?.()
    if (this.#closed) {
      socket.destroy()
      return
    }
    const { framing, limits, timers, onUp, onError } = this.#options
    this.#lastId += 1
    this.#upSinceMs = timers.monotonicMs()
    const channel = new SocketChannel({
      id: this.#lastId,
      socket,
      framing,
      limits,
      timers,
      hearsOut: true,
      onError,
    })
    this.#channel = channel
    // Registered after the channel's own listener: its handlers hear of the end before onDown does.
    socket.on('close', () => this.#down(channel.reason))
    try {
      channel.start(onUp(channel))
    } catch (error) {
      onError(error)
      channel.close('a handler failed')
    }
  }

  #down(reason: string): void {
    const { timers, onDown, onError } = this.#options
    this.#cancel?.()
    if (this.#closed) return
    if (this.#channel !== undefined) {
      // A peer that accepts and hangs up at once has not earned a fresh start.
      const upMs = timers.monotonicMs() - this.#upSinceMs
      if (upMs >= this.#options.backoff.maxMs) this.#attempts = 0
      this.#channel = undefined
    }
    this.#cancel = timers.after(this.#waitMs(), () => this.attempt())
    try {
      onDown(reason)
    } catch (error) {
      onError(error)
    }
  }

  /** Doubles from the first to the longest wait; the later half of it is left to chance. */
  #waitMs(): number {
    const { firstMs, maxMs } = this.#options.backoff
    const wholeMs = Math.min(maxMs, firstMs * 2 ** this.#attempts)
    this.#attempts += 1
    return wholeMs / 2 + (wholeMs / 2) * this.#options.random()
  }
}
