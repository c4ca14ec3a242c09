// A gateway and a switch on one virtual clock: the product's two ends of the link joined in memory,
// a simulated switch behind one, and terminals that are only channels before the other. The link
// can be cut and comes back when told.

import type { Channel } from '../../../protocol/link/channel.ts'
import type { Peer } from '../../../protocol/link/peer.ts'
import { decode } from '../../../protocol/message/decode.ts'
import { encode, type Fields } from '../../../protocol/message/encode.ts'
import type { Message } from '../../../protocol/message/message.ts'
import type { Gateway, GatewayListener } from '../../../terminal-gateway/gateway.ts'
import { GatewayLink, type RelayedListener } from '../../../terminal-gateway/relay/gateway-link.ts'
import { Relay, type RelayOptions } from '../../../terminal-gateway/relay/relay.ts'
import {
  type RelayDoor,
  RelayedTerminal,
} from '../../../terminal-gateway/relay/relayed-terminal.ts'
import { type MemoryChannel, memoryLink } from '../../simulation/memory-channel.ts'
import { Story } from '../../switch/core/story-world.ts'

export const TPDU = Buffer.from('6000010002', 'hex')
export const SILENT_MS = 15_000

export interface RigWishes {
  readonly relayed?: Partial<RelayedListener>
  /** Beside `pos`, and in front of it in the list of the switch. */
  readonly others?: Readonly<Record<string, Partial<RelayedListener>>>
  readonly listener?: Partial<GatewayListener>
  readonly gateway?: Partial<Gateway>
  readonly relay?: Partial<RelayOptions>
  readonly door?: Partial<RelayDoor>
  readonly connectionsMost?: number
  readonly writeCapBytes?: number
  /** In place of the switch's end: what a scripted switch does with each frame of the link. */
  readonly scripted?: (body: Buffer, link: MemoryChannel, host: string) => void
}

export class RelayRig {
  readonly story: Story
  readonly relay: Relay
  readonly counted: string[] = []
  /** Ends of links, ups and downs, in order. */
  readonly told: string[] = []
  readonly errors: unknown[] = []
  readonly #wishes: RigWishes
  readonly #door: RelayDoor
  readonly #redials = new Map<string, () => void>()
  /** The gateway's ends of its links, by host. */
  readonly links = new Map<string, MemoryChannel>()
  /** The newest of them. */
  link: MemoryChannel | undefined
  switchEnd: GatewayLink | undefined
  /** What a frame waited at the switch before its turn. */
  waitedMs = 0

  private constructor(story: Story, wishes: RigWishes) {
    this.story = story
    this.#wishes = wishes
    const count = (what: string, label = '') => void this.counted.push(`${what}: ${label}`)
    this.relay = new Relay({
      switches: [{ name: 'main', host: 'x', port: 1, tls: undefined as never }],
      doors: [{ listener: 'pos', tpdu: true }],
      frameBytes: 4096,
      congestedBytes: 4096,
      timeouts: {
        ...{ frameMs: 4_300, echoAfterMs: 4_600, echoAnswerMs: 4_800, connectMs: 1_700 },
        restMs: 300_000,
        ...{ dialBackoffFirstMs: 90, dialBackoffMaxMs: 110 },
      },
      ...{ timers: story.time, random: () => 0, count },
      dial: (options) => {
        this.#redials.set(options.host, () => this.#connect(options))
        this.#connect(options)
        return { close: () => undefined }
      },
      onUp: (name, gateway) => this.told.push(`${name} up as ${gateway}`),
      onDown: (name, reason) => this.told.push(`${name} down: ${reason}`),
      onError: (error) => this.errors.push(error),
      ...wishes.relay,
    })
    this.#door = {
      ...{ index: 0, tpdu: true, tls: false, frameBytes: 4096, untakenBytesMost: 3_000 },
      ...{ answerMs: 35_000, monotonicMs: () => story.time.monotonicMs() },
      link: () => this.relay.link(),
      isStopping: () => this.relay.isStopping,
      count,
      ...wishes.door,
    }
  }

  static async open(wishes: RigWishes = {}): Promise<RelayRig> {
    const rig = new RelayRig(await Story.begin(), wishes)
    rig.relay.start()
    await rig.pass(100)
    return rig
  }

  pass(ms: number): Promise<void> {
    return this.story.time.run(ms)
  }

  terminal(peer?: Peer, door: Partial<RelayDoor> = {}, remote?: string): RiggedTerminal {
    return new RiggedTerminal(this, { ...this.#door, ...door }, peer, remote)
  }

  cut(reason = 'cut', host = 'x'): void {
    this.links.get(host)?.cut(reason)
  }

  async relink(host = 'x'): Promise<void> {
    this.#redials.get(host)?.()
    await this.pass(100)
  }

  /** A link on which the test itself speaks first; gives its end. */
  async bare(): Promise<MemoryChannel> {
    const [left, right] = memoryLink({ timers: this.story.time })
    left.start({ frame: () => undefined, closed: () => undefined })
    right.start(this.#otherEnd(right, 'bare'))
    await this.pass(10)
    return left
  }

  #connect(options: Parameters<RelayOptions['dial']>[0]): void {
    const [left, right] = memoryLink({ timers: this.story.time })
    this.link = left
    this.links.set(options.host, left)
    const handlers = options.onUp(left)
    left.start({
      frame: (body, tpdu) => handlers.frame(body, tpdu),
      closed: (reason) => {
        handlers.closed(reason)
        options.onDown(reason)
      },
    })
    right.start(this.#otherEnd(right, options.host))
  }

  #otherEnd(channel: MemoryChannel, host: string) {
    const { scripted, relayed, listener, gateway } = this.#wishes
    if (scripted !== undefined) {
      return { frame: (body: Buffer) => scripted(body, channel, host), closed: () => undefined }
    }
    const { running, time } = this.story
    const count = (what: string, label = '') => void this.counted.push(`switch: ${what}: ${label}`)
    const pos: RelayedListener = {
      ...{ tpdu: true, needs: 'none', clients: [], listener: { ...running.listener, ...listener } },
      writeCapBytes: this.#wishes.writeCapBytes ?? 65_536,
      ...relayed,
    }
    const others = Object.entries(this.#wishes.others ?? {}).map(
      ([name, one]) => [name, { ...pos, ...one }] as const,
    )
    const end = new GatewayLink(
      {
        gateway: { ...running.gateway, count, ...gateway },
        admitted: { name: 'gw-1', listeners: new Map([...others, ['pos', pos]]) },
        ...{ timers: time, frameBytes: 4096, silentMs: SILENT_MS },
        connectionsMost: this.#wishes.connectionsMost ?? 100,
        onUp: () => this.told.push('switch: up'),
        onEnd: (reason) => this.told.push(`switch: ${reason}`),
        onError: (error) => this.errors.push(error),
      },
      channel as Channel,
    )
    this.switchEnd = end
    return {
      frame: (body: Buffer, tpdu: Buffer | undefined) =>
        end.frame(body, tpdu, time.monotonicMs() - this.waitedMs),
      closed: (reason: string) => end.closed(reason),
    }
  }
}

/** A terminal's socket, as far as a gateway sees it. */
export class RiggedTerminal {
  readonly #rig: RelayRig
  readonly #relayed: RelayedTerminal
  readonly #door: RelayDoor
  #isValid = false
  readonly sent: { body: Buffer; tpdu: Buffer | undefined }[] = []
  readonly closings: string[] = []
  /** Callbacks of what was sent and is not written yet. */
  readonly unwritten: ((ok: boolean) => void)[] = []
  /** Frames that came while it was not read. */
  readonly backlog: Buffer[] = []
  writes = true
  paused = false
  earned = 0
  open = true

  constructor(rig: RelayRig, door: RelayDoor, peer: Peer | undefined, remote = '10.0.0.7:4711') {
    this.#rig = rig
    this.#door = door
    this.#relayed = new RelayedTerminal(door, {
      ...{ remote, peer, open: true },
      send: (body, tpdu, written) => {
        if (!this.open) return false
        this.sent.push({ body: Buffer.from(body), tpdu: tpdu && Buffer.from(tpdu) })
        if (this.writes) written?.(true)
        else if (written !== undefined) this.unwritten.push(written)
        return true
      },
      close: (reason) => this.end(reason),
      dropped: () => {
        this.#isValid = false
      },
      earned: () => this.earned++,
      pause: () => {
        this.paused = true
      },
      resume: () => {
        this.paused = false
        this.read()
      },
    })
  }

  get isWaiting(): boolean {
    return this.#relayed.isWaiting
  }

  say(body: Buffer): void {
    // As a channel does: a frame earns idle time unless it is said meanwhile that it was none.
    this.#isValid = true
    this.#relayed.frame(body, this.#door.tpdu ? TPDU : undefined)
    if (this.#isValid) this.earned++
  }

  /** What is there, until it is paused. */
  read(): void {
    while (!this.paused && this.backlog.length > 0) this.say(this.backlog.shift() as Buffer)
  }

  ask(mti: string, fields: Fields): void {
    this.say(encode(this.#rig.story.running.listener.dialect, mti, fields))
  }

  /** Response codes of what came, in order. */
  codes(): (string | undefined)[] {
    return this.messages().map((message) => message.get(39))
  }

  messages(): Message[] {
    return this.sent.map(({ body }) => {
      const message = decode(this.#rig.story.running.listener.dialect, body)
      if (message.kind === 'rejected') throw new Error(message.reason)
      return message
    })
  }

  end(reason: string): void {
    if (!this.open) return
    this.open = false
    this.closings.push(reason)
    this.#rig.story.time.after(0, () => {
      for (const written of this.unwritten.splice(0)) written(false)
      this.#relayed.closed(reason)
    })
  }
}
