// The switch's end of the link of a gateway: takes its hello, opens a session for each connection
// that it brings, and carries frames both ways. Which listeners a gateway may bring connections for
// was decided by its certificate; what the terminals say is checked by the session, as on a
// connection of the switch's own. [docs/security.md, Gateways]
//
// When the link ends its sessions end as by a disconnect, and sales in flight go on to their end.

import type { Channel, ChannelHandlers } from '../../protocol/link/channel.ts'
import type { Timers } from '../../protocol/link/timers.ts'
import type { CloseReason } from '../close-reason.ts'
import type { Gateway, GatewayListener } from '../gateway.ts'
import { openSession } from '../session.ts'
import {
  type Envelope,
  envelope,
  frameEnvelope,
  LINK_VERSION,
  type Opening,
  readEnvelope,
} from './envelope.ts'
import { type ChannelLink, RelayedChannel } from './relayed-channel.ts'

/** A listener of the switch, as a gateway may bring connections for it. */
export interface RelayedListener {
  readonly listener: GatewayListener
  readonly tpdu: boolean
  /** What the gateway must have asked of the terminal. */
  readonly needs: 'none' | 'tls' | 'certificate'
  /** Names of certificates that an institution may show; empty: the gateway has looked. */
  readonly clients: readonly string[]
  /** Of answers that one of its connections has not taken. */
  readonly writeCapBytes: number
}

export interface AdmittedGateway {
  readonly name: string
  readonly listeners: ReadonlyMap<string, RelayedListener>
}

export interface GatewayLinkOptions {
  readonly gateway: Gateway
  readonly admitted: AdmittedGateway
  readonly timers: Timers
  readonly frameBytes: number
  readonly connectionsMost: number
  /** Without a word of it, its echoes included, the gateway is gone. */
  readonly silentMs: number
  /** Why it is not taken, whatever its hello says. */
  readonly refusal?: string | undefined
  readonly onUp: () => void
  readonly onEnd: (reason: string) => void
  readonly onError: (error: unknown) => void
}

interface Door {
  readonly relayed: RelayedListener
  /** The listener as it is for a connection that is enciphered, and for one that is not. */
  readonly secure: GatewayListener
  readonly clear: GatewayListener
}

export class GatewayLink implements ChannelHandlers, ChannelLink {
  readonly #options: GatewayLinkOptions
  readonly #channel: Channel
  readonly #connections = new Map<number, RelayedChannel>()
  #doors: Door[] | undefined
  #lastId = 0
  #heardMs: number
  #over = false
  #cancel: (() => void) | undefined

  constructor(options: GatewayLinkOptions, channel: Channel) {
    this.#options = options
    this.#channel = channel
    this.#heardMs = options.timers.monotonicMs()
    this.#watch(options.silentMs)
  }

  get name(): string {
    return this.#options.admitted.name
  }

  get connections(): number {
    return this.#connections.size
  }

  frame(body: Buffer, _tpdu?: Buffer, cameMs?: number): void {
    if (this.#over) return
    this.#heardMs = this.#options.timers.monotonicMs()
    const received = readEnvelope(body)
    if (received.kind === 'broken') return this.#violated(received.reason)
    if (this.#doors === undefined) this.#greet(received)
    else this.#carry(received, this.#doors, cameMs ?? this.#heardMs)
  }

  closed(reason: string): void {
    this.#end(reason)
  }

  send(id: number, tpdu: Buffer | undefined, body: Buffer): boolean {
    return !this.#over && this.#channel.send(frameEnvelope(id, tpdu, body))
  }

  close(id: number, reason: CloseReason): void {
    this.#tell({ kind: 'close', id, reason })
  }

  failed(error: unknown): void {
    this.#options.onError(error)
  }

  #greet(received: Envelope): void {
    if (received.kind !== 'hello') return this.#violated(`${received.kind} in place of a hello`)
    const found = this.#options.refusal ?? this.#doorsOf(received)
    if (typeof found === 'string') {
      this.#tell({ kind: 'refused', why: found })
      return this.#end(`refused: ${found}`)
    }
    this.#doors = found
    this.#tell({ kind: 'welcome', version: LINK_VERSION, gateway: this.name })
    this.#options.onUp()
  }

  /** Its doors, or why it is not taken. */
  #doorsOf(hello: Extract<Envelope, { kind: 'hello' }>): Door[] | string {
    const { frameBytes, admitted } = this.#options
    if (hello.version !== LINK_VERSION) {
      return `version ${hello.version} of the link, ${LINK_VERSION} is spoken here`
    }
    if (hello.frameBytes !== frameBytes) {
      return `limits.frameBytes is ${hello.frameBytes} there and ${frameBytes} here`
    }
    const doors: Door[] = []
    for (const { listener: name, tpdu } of hello.doors) {
      const relayed = admitted.listeners.get(name)
      // A name that the other end made up is not said back.
      if (relayed === undefined) return 'a listener that this gateway may not bring'
      if (relayed.tpdu !== tpdu) return `listener ${name}: TPDU ${tpdu} there, not so here`
      const { listener } = relayed
      const [secure, clear] = [true, false].map((tls) => ({ ...listener, tls }))
      doors.push({ relayed, secure: secure ?? listener, clear: clear ?? listener })
    }
    return doors
  }

  #carry(received: Envelope, doors: readonly Door[], cameMs: number): void {
    switch (received.kind) {
      case 'open':
        return this.#open(received, doors)
      case 'frame':
        return this.#received(received.id, received.bytes, cameMs)
      case 'written':
        return this.#written(received.id, received.complete)
      case 'closed':
        return this.#gone(received.id, received.reason)
      case 'echo':
        return this.#tell({ kind: 'echoed', number: received.number })
      default:
        return this.#violated(`${received.kind} from a gateway`)
    }
  }

  #open(opening: Opening, doors: readonly Door[]): void {
    const { gateway, connectionsMost, frameBytes } = this.#options
    const { id, remote, names, tls } = opening
    const door = doors[opening.door]
    if (door === undefined) return this.#violated('open: no such door')
    if (id !== this.#lastId + 1) return this.#violated('open: not the next number')
    this.#lastId = id
    if (this.#connections.size >= connectionsMost) {
      gateway.count('connections dropped', 'connections-of-gateway')
      return this.close(id, 'too many connections')
    }
    if (!mayOpen(door.relayed, opening)) {
      gateway.count('security events', 'connection that a gateway may not bring')
      return this.close(id, 'not admitted')
    }
    const { tpdu, writeCapBytes } = door.relayed
    const channel = new RelayedChannel({
      ...{ id, remote, peer: names && { names }, writeCapBytes, frameBytes, tpdu, link: this },
    })
    this.#connections.set(id, channel)
    channel.start(openSession(gateway, tls ? door.secure : door.clear, channel))
  }

  #received(id: number, bytes: Buffer, cameMs: number): void {
    if (id > this.#lastId) return this.#violated('frame: no such connection')
    if (bytes.length > this.#options.frameBytes) return this.#violated('frame: too long')
    const connection = this.#connections.get(id)
    // Ours to close, and this was on its way: read, and answered by nobody.
    const was = connection === undefined ? 'dropped' : connection.received(bytes, cameMs)
    if (was === undefined) return this.#violated('frame: no TPDU')
    this.#tell({ kind: 'taken', id, bytes: bytes.length, was })
  }

  #written(id: number, complete: boolean): void {
    const isTrue = this.#connections.get(id)?.written(complete) ?? false
    if (!isTrue) this.#violated('written: nothing was sent')
  }

  #gone(id: number, reason: string): void {
    if (id > this.#lastId) return this.#violated('closed: no such connection')
    const connection = this.#connections.get(id)
    this.#connections.delete(id)
    connection?.ended(reason)
  }

  #tell(given: Envelope): void {
    if (!this.#over) this.#channel.send(envelope(given))
  }

  #watch(afterMs: number): void {
    const { timers, silentMs } = this.#options
    this.#cancel = timers.after(afterMs, () => {
      const leftMs = this.#heardMs + silentMs - timers.monotonicMs()
      if (leftMs > 0) this.#watch(leftMs)
      else this.#end('the gateway is silent')
    })
  }

  #violated(what: string): void {
    this.#options.gateway.count('security events', 'protocol of a gateway link')
    this.#end(`the gateway broke the protocol: ${what}`)
  }

  #end(reason: string): void {
    if (this.#over) return
    this.#over = true
    this.#cancel?.()
    this.#channel.close(reason)
    const connections = [...this.#connections.values()]
    this.#connections.clear()
    for (const connection of connections) connection.ended('the link of its gateway ended')
    this.#options.onEnd(reason)
  }
}

function mayOpen({ needs, clients }: RelayedListener, { tls, names }: Opening): boolean {
  if (needs !== 'none' && !tls) return false
  if (needs === 'certificate' && names === undefined) return false
  return clients.length === 0 || (names ?? []).some((name) => clients.includes(name))
}
