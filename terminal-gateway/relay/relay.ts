// The links of a gateway to the switch: one is dialled and kept for each address of the list, and a
// connection that has none takes the first that is up. Listens to nobody itself: who runs the
// gateway opens the doors. [docs/operating.md, Gateways]

import type { Channel, ChannelHandlers } from '../../protocol/link/channel.ts'
import type { ChannelLimits } from '../../protocol/link/channel-limits.ts'
import type { Dial, Dialer } from '../../protocol/link/dialer.ts'
import type { DialTls } from '../../protocol/link/outgoing.ts'
import type { Timers } from '../../protocol/link/timers.ts'
import { type HelloDoor, LINK_FRAMING } from './envelope.ts'
import { RelayLink } from './relay-link.ts'

export interface RelaySwitch {
  readonly name: string
  readonly host: string
  readonly port: number
  /** There is no link in clear. */
  readonly tls: DialTls
}

export interface RelayOptions {
  readonly switches: readonly RelaySwitch[]
  readonly doors: readonly HelloDoor[]
  readonly frameBytes: number
  readonly congestedBytes: number
  readonly timeouts: {
    readonly frameMs: number
    readonly echoAfterMs: number
    readonly echoAnswerMs: number
    readonly restMs: number
    readonly connectMs: number
    readonly dialBackoffFirstMs: number
    readonly dialBackoffMaxMs: number
  }
  readonly timers: Timers
  readonly random: () => number
  readonly dial: Dial
  readonly count: (what: string, label?: string) => void
  readonly onUp: (name: string, gateway: string) => void
  /** Of a link that was up, or of an attempt. */
  readonly onDown: (name: string, reason: string) => void
  readonly onError: (error: unknown) => void
}

export interface LinkStatus {
  readonly name: string
  readonly up: boolean
  /** Of terminals that have spoken on it. */
  readonly connections: number
  readonly untakenBytes: number
}

/** Above it the switch does not read; the frames that may wait are far fewer. */
const WRITE_CAP_BYTES = 1 << 26

export class Relay {
  readonly #options: RelayOptions
  readonly #links = new Map<string, RelayLink>()
  #dialers: Dialer[] = []
  #stopping = false

  constructor(options: RelayOptions) {
    this.#options = options
  }

  start(): void {
    this.#dialers = this.#options.switches.map((one) => this.#keep(one))
  }

  /** In the order of the list. */
  link(): RelayLink | undefined {
    for (const { name } of this.#options.switches) {
      const link = this.#links.get(name)
      if (link?.isUp === true) return link
    }
    return undefined
  }

  status(): LinkStatus[] {
    return this.#options.switches.map(({ name }) => {
      const link = this.#links.get(name)
      return {
        name,
        up: link?.isUp === true,
        connections: link?.connections ?? 0,
        untakenBytes: link?.untakenBytes ?? 0,
      }
    })
  }

  get isStopping(): boolean {
    return this.#stopping
  }

  /** From now on frames are not taken; answers still go out. */
  drain(): void {
    this.#stopping = true
  }

  /** Whether a terminal waits for an answer. */
  get isBusy(): boolean {
    return [...this.#links.values()].some((link) => link.isBusy)
  }

  close(): void {
    for (const dialer of this.#dialers) dialer.close()
    for (const link of this.#links.values()) link.end('the gateway is stopping')
  }

  #keep({ name, host, port, tls }: RelaySwitch): Dialer {
    const { dial, timers, random, timeouts, onDown, onError } = this.#options
    const limits: ChannelLimits = {
      ...{ firstFrameMs: 0, idleMs: 0, frameMs: timeouts.frameMs },
      writeCapBytes: WRITE_CAP_BYTES,
    }
    return dial({
      ...{ host, port, tls, framing: LINK_FRAMING, limits, timers, random, onError },
      connectMs: timeouts.connectMs,
      backoff: { firstMs: timeouts.dialBackoffFirstMs, maxMs: timeouts.dialBackoffMaxMs },
      onUp: (channel) => this.#begin(name, channel),
      onDown: (reason) => onDown(name, reason),
    })
  }

  #begin(name: string, channel: Channel): ChannelHandlers {
    const { timers, frameBytes, doors, timeouts, congestedBytes, count, onUp } = this.#options
    const link = new RelayLink(
      {
        ...{ timers, frameBytes, doors, congestedBytes, count },
        echoAfterMs: timeouts.echoAfterMs,
        echoAnswerMs: timeouts.echoAnswerMs,
        restMs: timeouts.restMs,
        onWelcome: (_link, gateway) => onUp(name, gateway),
        onEnd: (ended) => {
          if (this.#links.get(name) === ended) this.#links.delete(name)
        },
      },
      channel,
    )
    this.#links.set(name, link)
    return link
  }
}
