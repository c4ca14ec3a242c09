// The listening side of the card host: its port, the open connections, and the times at which it
// refuses every connection. Does not look into a frame.

import type { Channel, ChannelHandlers } from '../protocol/link/channel.ts'
import { DIALED_LIMITS } from '../protocol/link/channel-limits.ts'
import { MAX_FRAME_BYTES } from '../protocol/link/framing.ts'
import { type Listener, listen } from '../protocol/link/listener.ts'
import type { Timers } from '../protocol/link/timers.ts'
import type { CardHostEvent, CardHostOptions } from './host-options.ts'

export interface Session {
  readonly channel: Channel
  signedOn: boolean
  /** Frames that could not be read. */
  strikes: number
}

export interface DoorHandlers {
  /** Gives the reason for which a new connection is closed again, if there is one. */
  opened(): string | undefined
  frame(session: Session, body: Buffer): void
  failed(error: unknown): void
}

const REOPEN_MS = 50

export class Door {
  readonly #options: CardHostOptions
  readonly #timers: Timers
  readonly #handlers: DoorHandlers
  readonly #sessions = new Set<Session>()
  #listener: Listener | undefined
  #cancelReopen: (() => void) | undefined
  #port: number
  #closed = false

  constructor(options: CardHostOptions, timers: Timers, handlers: DoorHandlers) {
    this.#options = options
    this.#timers = timers
    this.#handlers = handlers
    this.#port = options.port ?? 0
  }

  get port(): number {
    return this.#port
  }

  get sessions(): ReadonlySet<Session> {
    return this.#sessions
  }

  async open(): Promise<void> {
    const options = this.#options
    const listener = await listen({
      host: options.host ?? '127.0.0.1',
      port: this.#port,
      framing: {
        length: options.length ?? 'ascii4',
        lengthIncludesItself: options.lengthIncludesItself ?? false,
        tpdu: false,
        maxFrameBytes: MAX_FRAME_BYTES,
      },
      limits: options.limits ?? DIALED_LIMITS,
      timers: this.#timers,
      maxConnections: options.maxConnections ?? 64,
      tls: options.tls,
      onChannel: (channel) => this.#connected(channel),
      onError: (error) => this.#handlers.failed(error),
    })
    if (this.#closed) {
      await listener.stop()
      return
    }
    this.#listener = listener
    this.#port = listener.port
    this.#observe({ kind: 'listening' })
  }

  /** Closes every connection and the port, and opens the same port again later. */
  refuse(forMs: number): void {
    if (this.#closed) return
    this.#shut('refusing connections')
    this.#observe({ kind: 'refusing' })
    this.#cancelReopen?.()
    this.#cancelReopen = this.#timers.after(forMs, () => this.#reopen())
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelReopen?.()
    await this.#shut('stopped')
  }

  #shut(reason: string): Promise<void> | undefined {
    const listener = this.#listener
    this.#listener = undefined
    void listener?.stop()
    return listener?.closeAll(reason)
  }

  /** The port may still be in use by a process that took it meanwhile, so it is tried again. */
  #reopen(): void {
    this.open().catch(() => {
      if (this.#closed) return
      this.#cancelReopen = this.#timers.after(REOPEN_MS, () => this.#reopen())
    })
  }

  #connected(channel: Channel): ChannelHandlers {
    const session: Session = { channel, signedOn: false, strikes: 0 }
    this.#sessions.add(session)
    this.#observe({ kind: 'opened', connection: channel.id })
    const reason = this.#handlers.opened()
    if (reason !== undefined) channel.close(reason)
    return {
      frame: (body) => this.#handlers.frame(session, body),
      closed: (why) => {
        this.#sessions.delete(session)
        this.#observe({ kind: 'closed', connection: channel.id, reason: why })
      },
    }
  }

  #observe(event: CardHostEvent): void {
    this.#options.observe?.(event)
  }
}
