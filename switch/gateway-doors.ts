// Where gateways connect: which gateway it is, and what it may bring, is said by the certificate
// that the handshake proved. What they carry is read by terminal-gateway/relay.

import type { Channel, ChannelHandlers } from '../protocol/link/channel.ts'
import { type Listener, listen } from '../protocol/link/listener.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import type { Gateway } from '../terminal-gateway/gateway.ts'
import { LINK_FRAMING } from '../terminal-gateway/relay/envelope.ts'
import {
  type AdmittedGateway,
  GatewayLink,
  type RelayedListener,
} from '../terminal-gateway/relay/gateway-link.ts'
import { gatewayListener } from './assembly.ts'
import { channelLimitsOf } from './channel-limits.ts'
import type { Config, GatewayDoorConfig } from './config/schema.ts'
import type { Notice } from './core/notice.ts'
import { portClosed } from './port-closed.ts'
import type { SwitchTls } from './tls.ts'

export interface GatewayDoor {
  readonly name: string
  readonly listener: Listener
  /** Those that were not refused. */
  readonly links: ReadonlySet<GatewayLink>
}

export interface GatewayDoorPorts {
  readonly gateway: Gateway
  readonly tls: SwitchTls
  readonly notice: (notice: Notice) => void
  readonly onError: (error: unknown) => void
}

export interface GatewayStatus {
  readonly name: string
  readonly links: number
  readonly connections: number
}

export class GatewayDoors {
  readonly #config: Config
  readonly #ports: GatewayDoorPorts
  readonly #doors: GatewayDoor[] = []

  constructor(config: Config, ports: GatewayDoorPorts) {
    this.#config = config
    this.#ports = ports
  }

  async open(): Promise<void> {
    for (const settings of this.#config.gateways) this.#doors.push(await this.#open(settings))
  }

  ports(): { name: string; port: number }[] {
    return this.#doors.map(({ name, listener }) => ({ name, port: listener.port }))
  }

  /** Of every gateway that may connect. */
  status(): GatewayStatus[] {
    const names = this.#config.gateways.flatMap(({ clients }) => clients.map(({ name }) => name))
    const all = this.#doors.flatMap(({ links }) => [...links])
    return [...new Set(names)].map((name) => {
      const links = all.filter((link) => link.name === name)
      const connections = links.reduce((sum, link) => sum + link.connections, 0)
      return { name, links: links.length, connections }
    })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#doors.map(({ listener }) => listener.stop()))
  }

  async closeAll(reason: string): Promise<void> {
    await Promise.all(this.#doors.map(({ listener }) => listener.closeAll(reason)))
  }

  async #open(settings: GatewayDoorConfig): Promise<GatewayDoor> {
    const { name, host, port } = settings
    const { gateway, tls, onError } = this.#ports
    const { timeouts, limits } = this.#config
    const admitted = admittedGateways(this.#config, settings)
    const links = new Set<GatewayLink>()
    try {
      const listener = await listen({
        ...{ host, port, framing: LINK_FRAMING, timers: systemTimers, onError },
        limits: {
          firstFrameMs: timeouts.firstFrameMs,
          frameMs: timeouts.frameMs,
          // Its echoes are watched by the link itself: our own messages are no sign of its life.
          idleMs: 0,
          writeCapBytes: limits.gatewayWriteBufferBytes,
        },
        // A link has proved whose it is. Who has not takes no place of one.
        maxConnections: limits.linksPerGatewayDoor + limits.tlsHandshakesPerListener,
        // The last it says is which answers its terminals have.
        hearsOut: true,
        tls: tls.gatewayTls(settings),
        onChannel: (channel) => this.#link({ admitted, links }, channel),
        onDropped: (limit) => gateway.count('connections dropped', limit),
        onRefused: (why) => gateway.count('tls refused', why),
      })
      tls.opened(`gateway/${name}`, listener)
      return { name, listener, links }
    } catch (error) {
      throw portClosed(`gateway door ${name}`, error)
    }
  }

  #link({ admitted, links }: Linkable, channel: Channel): ChannelHandlers {
    const { gateway, notice, onError } = this.#ports
    const { timeouts, limits } = this.#config
    const certified = channel.peer?.names.find((name) => admitted.has(name)) ?? ''
    const who = admitted.get(certified)
    // The handshake admits nobody else.
    if (who === undefined) throw new Error('a gateway without a name')
    const isFull = links.size >= limits.linksPerGatewayDoor
    if (isFull) gateway.count('connections dropped', 'links-of-door')
    const tell = (level: 'info' | 'warn', what: string, detail: string) =>
      notice({ level, what, detail: `${who.name}: ${detail}` })
    const link = new GatewayLink(
      {
        ...{ gateway, admitted: who, timers: systemTimers, onError },
        frameBytes: limits.frameBytes,
        connectionsMost: limits.connectionsPerGateway,
        silentMs: timeouts.gatewaySilentMs,
        refusal: isFull ? 'no more links here, see limits.linksPerGatewayDoor' : undefined,
        onUp: () => tell('info', 'a gateway is linked', channel.remote),
        onEnd: (reason) => {
          links.delete(link)
          tell('warn', 'the link of a gateway ended', reason)
        },
      },
      channel,
    )
    if (!isFull) links.add(link)
    return link
  }
}

/** What one door keeps of its links. */
interface Linkable {
  /** By the names of their certificates. */
  readonly admitted: ReadonlyMap<string, AdmittedGateway>
  readonly links: Set<GatewayLink>
}

/** By the names of their certificates. */
function admittedGateways(
  config: Config,
  { clients }: GatewayDoorConfig,
): ReadonlyMap<string, AdmittedGateway> {
  return new Map(
    clients.map(({ certificate, name, listeners }) => [
      certificate,
      { name, listeners: relayedListeners(config, listeners) },
    ]),
  )
}

function relayedListeners(
  config: Config,
  names: readonly string[],
): ReadonlyMap<string, RelayedListener> {
  const brought = config.listeners.filter(({ name }) => names.includes(name))
  return new Map(
    brought.map((settings) => {
      const { name, tpdu, gatewayTls, kind, tls } = settings
      const clients = kind === 'institution' ? (tls?.clients ?? []) : []
      const { writeCapBytes } = channelLimitsOf(config, kind)
      const listener = gatewayListener(settings)
      return [name, { listener, tpdu, needs: gatewayTls, clients, writeCapBytes }]
    }),
  )
}
