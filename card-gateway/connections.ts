// The connections of one card host: which of them are signed on, whose turn it is, and what is said
// when the first comes up and the last goes. Does not know what is sent on them.

import type { Dialect } from '../protocol/message/dialect.ts'
import type { HostReply } from './answer.ts'
import type { GatewayPorts } from './gateway-ports.ts'
import { Link } from './link.ts'
import type { Session } from './session.ts'
import type { CardHostSettings } from './settings.ts'
import type { Traces } from './traces.ts'
import type { ZoneKeys } from './zone-keys.ts'

export interface ConnectionsOptions {
  readonly settings: CardHostSettings
  readonly dialect: Dialect
  readonly traces: Traces
  readonly ports: GatewayPorts
  readonly keys: ZoneKeys
  readonly keysChanged: () => void
  readonly reply: (reply: HostReply) => boolean
  readonly closed: (session: Session) => void
}

export class Connections {
  readonly #options: ConnectionsOptions
  readonly #links: Link[] = []
  readonly #ready: Session[] = []
  #turn = 0
  #stopping = false
  /** Said once, not at every attempt. */
  #isSaidDown = false

  constructor(options: ConnectionsOptions) {
    this.#options = options
    const { connections } = options.settings
    for (let count = 0; count < connections; count++) this.#links.push(this.#link())
  }

  start(): void {
    for (const link of this.#links) link.start()
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#links.map((link) => link.stop()))
  }

  /** How many are signed on. */
  get ready(): number {
    return this.#ready.length
  }

  get stopping(): boolean {
    return this.#stopping
  }

  /** Those that are signed on take turns. */
  next(): Session | undefined {
    for (let tries = this.#ready.length; tries > 0; tries--) {
      this.#turn = (this.#turn + 1) % this.#ready.length
      const session = this.#ready[this.#turn]
      if (session?.ready === true) return session
    }
    return undefined
  }

  #link(): Link {
    const { settings, dialect, traces, ports, keys, keysChanged, reply, closed } = this.#options
    const { timers, timeouts, limits, dial, random, count, onError } = ports
    return new Link({
      settings,
      dial,
      random,
      onError,
      onDown: (reason) => this.#down(reason),
      session: {
        dialect,
        signOn: settings.profile.signOn,
        ...{ keys, keysChanged, onError },
        traces,
        timers,
        timeouts,
        limits,
        count,
        reply,
        ready: (session) => this.#isReady(session),
        signedOff: (session, reason) => this.#isGone(session, reason),
        closed: (session, reason) => {
          this.#isGone(session, reason)
          closed(session)
        },
      },
    })
  }

  #isReady(session: Session): void {
    const { settings, ports } = this.#options
    this.#ready.push(session)
    ports.count('card host connections', 'signed on')
    if (this.#ready.length > 1) return
    this.#isSaidDown = false
    ports.notice({ level: 'info', what: 'card host signed on', detail: settings.name })
    ports.onUp(settings.name)
  }

  #isGone(session: Session, reason: string): void {
    const { settings, ports } = this.#options
    const at = this.#ready.indexOf(session)
    if (at < 0) return
    this.#ready.splice(at, 1)
    ports.count('card host connections', 'lost')
    if (this.#ready.length === 0) {
      this.#down(reason)
      ports.onDown(settings.name)
    } else if (!this.#stopping) {
      const detail = `${settings.name}: ${reason}`
      ports.notice({ level: 'warn', what: 'card host connection lost', detail })
    }
  }

  #down(reason: string): void {
    if (this.#ready.length > 0 || this.#stopping || this.#isSaidDown) return
    this.#isSaidDown = true
    const { settings, ports } = this.#options
    const detail = `${settings.name}: ${reason}`
    ports.notice({ level: 'alarm', what: 'card host cannot be reached', detail })
  }
}
