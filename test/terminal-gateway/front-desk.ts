// One connection to the gateway of a simulated switch: frames go in, and what comes out is kept as
// bytes, with everything that the gateway counted and asked of its channel.

import type { Channel, ChannelHandlers } from '../../protocol/link/channel.ts'
import type { Peer } from '../../protocol/link/peer.ts'
import { decode } from '../../protocol/message/decode.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { Gateway, GatewayListener, TerminalScheme } from '../../terminal-gateway/gateway.ts'
import { openSession } from '../../terminal-gateway/session.ts'
import { Story } from '../switch/core/story-world.ts'

export interface SentReply {
  readonly body: Buffer
  readonly tpdu: Buffer | undefined
  readonly message: Message
}

export class FrontDesk {
  readonly story: Story
  readonly gateway: Gateway
  readonly listener: GatewayListener
  readonly handlers: ChannelHandlers
  readonly sent: SentReply[] = []
  readonly counted: string[] = []
  readonly closings: string[] = []
  dropped = 0
  /** False: the channel has died, and takes nothing any more. */
  takes = true

  constructor(
    story: Story,
    listener: Partial<GatewayListener> = {},
    gateway: Partial<Gateway> = {},
    peer?: Peer,
  ) {
    this.story = story
    const { running } = story
    this.listener = { ...running.listener, ...listener }
    const count = (what: string, label?: string) => this.counted.push(`${what}: ${label ?? ''}`)
    this.gateway = { ...running.gateway, count, ...gateway }
    this.handlers = openSession(this.gateway, this.listener, this.#channel(peer))
  }

  static async open(
    listener: Partial<GatewayListener> = {},
    gateway: Partial<Gateway> = {},
  ): Promise<FrontDesk> {
    return new FrontDesk(await Story.begin(), listener, gateway)
  }

  /** Sends a frame and lets the switch come to rest; the replies that it brought. */
  async frame(body: Buffer, tpdu?: Buffer): Promise<SentReply[]> {
    const before = this.sent.length
    this.handlers.frame(body, tpdu)
    await this.story.time.run(3_000)
    return this.sent.slice(before)
  }

  async ask(mti: string, fields: Fields): Promise<Message | undefined> {
    const [reply] = await this.frame(encode(this.listener.dialect, mti, fields))
    return reply?.message
  }

  async code(mti: string, fields: Fields): Promise<string | undefined> {
    return (await this.ask(mti, fields))?.get(39)
  }

  /** Changes what is registered of the first terminal. */
  register(change: { scheme?: TerminalScheme; maySell?: boolean }): void {
    const { database } = this.story
    const { scheme = 'none', maySell = true } = change
    const update = 'update terminal set scheme = ?, enabled = ? where id = 1'
    database.prepare(update).run(scheme, maySell ? 1 : 0)
  }

  #channel(peer: Peer | undefined): Channel {
    return {
      ...{ id: 1, remote: 'test', open: true, peer },
      send: (body, tpdu, written) => {
        if (!this.takes) return false
        const bytes = Buffer.from(body)
        const message = decode(this.listener.dialect, bytes)
        if (message.kind === 'rejected') throw new Error(`unreadable reply: ${message.reason}`)
        this.sent.push({ body: bytes, tpdu, message })
        written?.(true)
        return true
      },
      close: (reason) => {
        this.closings.push(reason)
      },
      dropped: () => {
        this.dropped++
      },
    }
  }
}

export function fieldsOf(message: Message): Fields {
  const fields: Fields = {}
  for (const de of message.numbers()) fields[de] = message.get(de) ?? ''
  return fields
}
