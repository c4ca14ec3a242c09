// The first yardstick: a process that only forwards frames, from a terminal to the host and back.
// It uses the product's sockets and framing and knows nothing of messages. The terminal that an
// answer goes to travels in the TPDU of the host's link. `through` sees the bytes of every frame.

import type { Channel } from '../../protocol/link/channel.ts'
import { ACCEPTED_LIMITS, DIALED_LIMITS } from '../../protocol/link/channel-limits.ts'
import { dial } from '../../protocol/link/dialer.ts'
import type { Framing } from '../../protocol/link/framing.ts'
import { listen } from '../../protocol/link/listener.ts'
import { systemTimers as timers } from '../../protocol/link/timers.ts'

const FRAMING: Framing = {
  ...{ length: 'binary2', lengthIncludesItself: false, tpdu: true, maxFrameBytes: 4096 },
}
const TPDU = Buffer.from('6000020001', 'hex')
const IDLE_MS = 600_000

export type Through = (bytes: Buffer, next: () => void) => void

process.on('disconnect', () => process.exit())

/** Told to the parent once the host is connected; the relay runs until the process ends. */
export async function relay(hostPort: number, through: Through): Promise<void> {
  const terminals = new Map<number, Channel>()
  let host: Channel | undefined
  const onError = (error: unknown) => {
    throw error
  }
  const listener = await listen({
    ...{ host: '127.0.0.1', port: 0, framing: FRAMING, timers, onError },
    ...{ limits: { ...ACCEPTED_LIMITS, idleMs: IDLE_MS }, maxConnections: 20_000 },
    onChannel: (channel) => {
      terminals.set(channel.id, channel)
      const from = Buffer.from(TPDU)
      from.writeUInt16BE(channel.id & 0xffff, 3)
      return {
        frame: (body) => through(body, () => host?.send(body, from)),
        closed: () => terminals.delete(channel.id),
      }
    },
  })
  dial({
    ...{ host: '127.0.0.1', port: hostPort, framing: FRAMING, limits: DIALED_LIMITS, timers },
    ...{ backoff: { firstMs: 50, maxMs: 500 }, random: Math.random, onDown: onError, onError },
    onUp: (channel) => {
      host = channel
      process.send?.({ port: listener.port })
      return {
        frame: (body, to) =>
          through(body, () => terminals.get(to?.readUInt16BE(1) ?? 0)?.send(body, TPDU)),
        closed: onError,
      }
    },
  })
}
