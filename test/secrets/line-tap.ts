// A line between two ends that hands everything on and keeps the PIN blocks that it carried: what
// the keypad enciphered is a secret of the trial as well, and nobody else knows it beforehand.

import { connect, createServer, type Server, type Socket } from 'node:net'
import { decode } from '../../protocol/message/decode.ts'
import type { Dialect } from '../../protocol/message/dialect.ts'

export interface Tap {
  readonly port: number
  /** Upper-case hex. */
  readonly pinBlocks: readonly string[]
  stop(): Promise<void>
}

export interface TapOptions {
  readonly dialect: Dialect
  /** Bytes before a message: the length, and what the length counts beside the message. */
  readonly length: 'binary2' | 'ascii4'
  readonly tpduBytes: number
  readonly target: () => number
}

export async function tapLine(options: TapOptions): Promise<Tap> {
  const pinBlocks: string[] = []
  const open = new Set<Socket>()
  const server: Server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: options.target() })
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        open.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    let rest: Buffer = Buffer.alloc(0)
    near.on('data', (bytes) => {
      far.write(bytes)
      rest = keepBlocks(Buffer.concat([rest, bytes]), options, pinBlocks)
    })
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    pinBlocks,
    stop: () => {
      for (const socket of open) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** What is left over is the beginning of the next message. */
function keepBlocks(bytes: Buffer, options: TapOptions, kept: string[]): Buffer {
  const head = options.length === 'binary2' ? 2 : 4
  let rest = bytes
  while (rest.length >= head) {
    const size = head === 2 ? rest.readUInt16BE(0) : Number(rest.toString('latin1', 0, head))
    if (rest.length < head + size) break
    const message = decode(options.dialect, rest.subarray(head + options.tpduBytes, head + size))
    if (message.kind === 'message') {
      for (const block of [message.get(52), message.get(61)]) {
        if (block !== undefined && !kept.includes(block)) kept.push(block)
      }
    }
    rest = rest.subarray(head + size)
  }
  return rest
}
