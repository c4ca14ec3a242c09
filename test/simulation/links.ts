// The links of a simulation: what the switch dials to the card host, and what terminals dial to the
// switch. Every frame passes a tap on the switch's side, where the oracle reads it: a reply is
// disclosed when it is sent, whether it arrives or not.

import type { Channel, ChannelHandlers } from '../../protocol/link/channel.ts'
import type { Dialer, DialOptions } from '../../protocol/link/dialer.ts'
import type { Timers } from '../../protocol/link/timers.ts'
import { type MemoryChannel, memoryLink } from './memory-channel.ts'
import type { Effect, SwitchInstance } from './switch-instance.ts'

export interface LinkFaults {
  readonly delayMs: () => number
  readonly lose: () => boolean
}

export interface Tap {
  readonly sent: (body: Buffer) => void
  readonly received: (body: Buffer) => void
}

interface Ends {
  readonly instance: SwitchInstance
  readonly ours: MemoryChannel
  readonly effects: { readonly out: Effect; readonly in: Effect }
  readonly tap: Tap
}

/** The switch's end, tapped: it dies before an effect, and then nothing comes or goes. */
export class TappedChannel implements Channel {
  readonly #ends: Ends

  constructor(ends: Ends) {
    this.#ends = ends
  }

  get id(): number {
    return this.#ends.ours.id
  }

  get remote(): string {
    return this.#ends.ours.remote
  }

  get open(): boolean {
    return this.#ends.ours.open
  }

  send(body: Buffer, tpdu?: Buffer, written?: (ok: boolean) => void): boolean {
    const { instance, ours, effects, tap } = this.#ends
    if (!ours.open || !instance.effect(effects.out)) return false
    tap.sent(body)
    return ours.send(body, tpdu, (ok) => (instance.alive ? written?.(ok) : undefined))
  }

  close(reason: string): void {
    this.#ends.ours.close(reason)
  }

  dropped(): void {
    this.#ends.ours.dropped()
  }

  start(handlers: ChannelHandlers): void {
    const { instance, ours, effects, tap } = this.#ends
    ours.start({
      frame: (body, tpdu) => {
        if (!instance.effect(effects.in)) return
        tap.received(body)
        handlers.frame(body, tpdu)
      },
      closed: (reason) => (instance.alive ? handlers.closed(reason) : undefined),
    })
  }
}

export function tapped(
  timers: Timers,
  faults: LinkFaults,
  ends: Omit<Ends, 'ours'>,
): { switchEnd: TappedChannel; farEnd: MemoryChannel; ours: MemoryChannel } {
  const [farEnd, ours] = memoryLink({ timers, ...faults })
  return { switchEnd: new TappedChannel({ ...ends, ours }), farEnd, ours }
}

export interface DialerPorts {
  readonly timers: Timers
  /** The link, or undefined when nobody takes the call. */
  readonly connect: () => { switchEnd: TappedChannel; ours: MemoryChannel } | undefined
  readonly alive: () => boolean
}

const CONNECT_MS = 20
const MOST_DOUBLINGS = 6

/** Dials again after every end, as the product's dialer does over sockets. */
export class SimDialer implements Dialer {
  readonly #options: DialOptions
  readonly #ports: DialerPorts
  #closed = false
  #attempts = 0
  #channel: TappedChannel | undefined

  constructor(options: DialOptions, ports: DialerPorts) {
    this.#options = options
    this.#ports = ports
    this.#later(CONNECT_MS)
  }

  close(): void {
    this.#closed = true
    this.#channel?.close('closed by us')
  }

  #later(ms: number): void {
    this.#ports.timers.after(ms, () => {
      if (!this.#closed && this.#ports.alive()) this.#attempt()
    })
  }

  #attempt(): void {
    const link = this.#ports.connect()
    if (link === undefined) return this.#down('refused')
    this.#attempts = 0
    const { switchEnd } = link
    this.#channel = switchEnd
    const handlers = this.#options.onUp(switchEnd)
    switchEnd.start({
      frame: (body, tpdu) => handlers.frame(body, tpdu),
      closed: (reason) => {
        handlers.closed(reason)
        this.#down(reason)
      },
    })
  }

  #down(reason: string): void {
    if (this.#closed || !this.#ports.alive()) return
    const { firstMs, maxMs } = this.#options.backoff
    this.#attempts = Math.min(this.#attempts + 1, MOST_DOUBLINGS)
    this.#later(Math.min(maxMs, firstMs * 2 ** this.#attempts))
    this.#options.onDown(reason)
  }
}
