// One connection that is held open to a card host: dialed, signed on by its session, and dialed
// again after every end with a growing, scattered back-off, until it is stopped.
// Does not choose what goes out on it.

import { DIALED_LIMITS } from '../protocol/link/channel-limits.ts'
import type { Dial, Dialer } from '../protocol/link/dialer.ts'
import { Session, type SessionPorts } from './session.ts'
import { type CardHostSettings, framingOf } from './settings.ts'

export interface LinkOptions {
  readonly settings: CardHostSettings
  readonly session: SessionPorts
  readonly dial: Dial
  readonly random: () => number
  /** The connection ended or an attempt failed; the next one is set. */
  readonly onDown: (reason: string) => void
  /** A bug in a handler. */
  readonly onError: (error: unknown) => void
}

export class Link {
  readonly #options: LinkOptions
  #dialer: Dialer | undefined
  #session: Session | undefined
  #stopped: (() => void) | undefined

  constructor(options: LinkOptions) {
    this.#options = options
  }

  start(): void {
    const { settings, session: ports, dial, random, onDown, onError } = this.#options
    const { timeouts, limits, timers } = ports
    this.#dialer = dial({
      host: settings.host,
      port: settings.port,
      tls: settings.tls,
      framing: framingOf(settings, limits),
      limits: { ...DIALED_LIMITS, frameMs: timeouts.frameMs },
      timers,
      backoff: { firstMs: timeouts.dialBackoffFirstMs, maxMs: timeouts.dialBackoffMaxMs },
      random,
      connectMs: timeouts.connectMs,
      onUp: (channel) => {
        const session = new Session(channel, {
          ...ports,
          closed: (closed, reason) => this.#closed(closed, reason),
        })
        this.#session = session
        session.start()
        return session.handlers
      },
      onDown,
      onError,
    })
  }

  /** Signs off and closes; resolves when the connection is gone. */
  stop(): Promise<void> {
    const session = this.#session
    if (session === undefined) {
      this.#dialer?.close()
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      this.#stopped = resolve
      session.end(() => this.#dialer?.close())
    })
  }

  #closed(session: Session, reason: string): void {
    this.#session = undefined
    this.#options.session.closed(session, reason)
    this.#stopped?.()
  }
}
