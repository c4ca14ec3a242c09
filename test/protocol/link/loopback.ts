// Real loopback sockets for the tests of the link: a listener that echoes and takes notes, and a
// bare client that writes any bytes it likes. Deadlines come from the virtual clock of the test.

import { connect, type Socket } from 'node:net'
import type { Channel, SocketChannel } from '../../../protocol/link/channel.ts'
import type { ChannelLimits } from '../../../protocol/link/channel-limits.ts'
import type { Framing } from '../../../protocol/link/framing.ts'
import { type Listener, type ListenOptions, listen } from '../../../protocol/link/listener.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'

export const PLAIN: Framing = {
  length: 'binary2',
  lengthIncludesItself: false,
  tpdu: false,
  maxFrameBytes: 4096,
}

export const LIMITS: ChannelLimits = {
  firstFrameMs: 10_000,
  frameMs: 5_000,
  idleMs: 60_000,
  writeCapBytes: 65_536,
}

export interface Echo {
  readonly time: VirtualTime
  readonly listener: Listener
  readonly channels: SocketChannel[]
  readonly frames: string[]
  /** Reasons of `closed`, counted events, dropped connections and errors, as they come. */
  readonly closed: string[]
  readonly counted: string[]
  readonly dropped: string[]
  readonly errors: unknown[]
}

export interface EchoOptions extends Partial<Omit<ListenOptions, 'onChannel'>> {
  onFrame?(channel: Channel, body: Buffer, tpdu: Buffer | undefined, cameMs?: number): void
}

const listeners: Listener[] = []
const sockets: Socket[] = []

export async function listenAndEcho(options: EchoOptions = {}): Promise<Echo> {
  const notes = {
    time: new VirtualTime(),
    channels: [] as SocketChannel[],
    frames: [] as string[],
    closed: [] as string[],
    counted: [] as string[],
    dropped: [] as string[],
    errors: [] as unknown[],
  }
  const echo = (channel: Channel, body: Buffer, tpdu: Buffer | undefined): void => {
    channel.send(body, tpdu)
  }
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    framing: PLAIN,
    limits: LIMITS,
    timers: notes.time,
    maxConnections: 100,
    onError: (error) => notes.errors.push(error),
    onDropped: (limit) => notes.dropped.push(limit),
    ...options,
    onChannel(channel) {
      notes.channels.push(channel)
      return {
        frame(body, tpdu, cameMs) {
          notes.frames.push(body.toString('latin1'))
          const handle = options.onFrame ?? echo
          handle(channel, body, tpdu, cameMs)
        },
        closed: (reason) => notes.closed.push(reason),
        counted: (what) => notes.counted.push(what),
      }
    },
  })
  listeners.push(listener)
  return { ...notes, listener }
}

export interface Client {
  readonly socket: Socket
  received(): Buffer
  isClosed(): boolean
}

/** Connected when it comes back. Its own errors are expected and not looked at. */
export async function client(port: number): Promise<Client> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  sockets.push(socket)
  const chunks: Buffer[] = []
  let closed = false
  socket.on('error', () => undefined)
  socket.on('close', () => {
    closed = true
  })
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await until(() => closed || !socket.connecting)
  return { socket, received: () => Buffer.concat(chunks), isClosed: () => closed }
}

/** Waits for something of the real network, which the virtual clock does not drive. */
export async function until(condition: () => boolean, withinMs = 3_000): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited in vain for: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

export async function endAll(): Promise<void> {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const listener of listeners.splice(0)) {
    await listener.stop()
    await listener.closeAll('test is over')
  }
}
