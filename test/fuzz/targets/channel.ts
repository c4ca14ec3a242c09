// A channel over a socket that is none: chunks at will, ends and errors in between, time that goes
// on. Nothing throws out of it, frames come only while it is open, and `closed` comes exactly once.

import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { SocketChannel } from '../../../protocol/link/channel.ts'
import { ACCEPTED_LIMITS } from '../../../protocol/link/channel-limits.ts'
import { FrameTurns } from '../../../protocol/link/frame-turns.ts'
import { type Framing, frame } from '../../../protocol/link/framing.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { type FuzzTarget, Mismatch, type Outcome } from '../target.ts'

const FRAMING: Framing = {
  length: 'binary2',
  lengthIncludesItself: false,
  tpdu: true,
  maxFrameBytes: 512,
}

const TPDU = Buffer.from('6000010002', 'hex')

/** Byte 0 seeds chunks and events; the rest is the stream. */
export const CHANNEL_TARGET: FuzzTarget = {
  name: 'channel',
  weight: 15,
  sliceRuns: 400_000,
  mostBytes: 512,
  floorBytes: 16_384,
  words: ['\x00\x05\x60', '\x00\x09\x60\x00\x01\x00\x02', '\x00\x00'],
  open: () => ({ seeds: seeds(), run }),
}

function seeds() {
  const bodies = [Buffer.from('hello'), Buffer.alloc(0), Buffer.alloc(64, 0x31)]
  const stream = Buffer.concat(bodies.map((body) => frame(FRAMING, body, TPDU)))
  return [0, 1, 2, 3, 5, 8, 13, 77, 200].map((lead) => ({
    bytes: Buffer.concat([Buffer.from([lead]), stream]),
  }))
}

class NoSocket extends EventEmitter {
  readonly remoteAddress = 'nowhere'
  readonly remotePort = 1
  writable = true
  destroyed = false
  writableLength = 0
  cork(): void {
    this.writableLength += 0
  }
  uncork(): void {
    this.writableLength += 0
  }
  pause(): void {
    this.emit('paused')
  }
  resume(): void {
    this.emit('resumed')
  }
  write(bytes: Buffer, done?: (error?: Error) => void): boolean {
    this.writableLength += bytes.length
    done?.()
    return true
  }
  destroySoon(): void {
    this.destroy()
  }
  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.writable = false
    this.emit('close')
  }
}

function run(input: Buffer): Outcome {
  const socket = new NoSocket()
  const timers = new VirtualTime()
  const errors: unknown[] = []
  let frames = 0
  let ended = 0
  let dice = input[0] ?? 0
  const channel = new SocketChannel({
    ...{ id: 1, framing: FRAMING, limits: ACCEPTED_LIMITS, timers },
    socket: socket as unknown as Socket,
    // So few that frames of one chunk wait for each other.
    turns: new FrameTurns(timers, 1 + (dice & 1)),
    hearsOut: (dice & 2) > 0,
    onError: (error) => errors.push(error),
  })
  channel.start({
    frame: (body, tpdu) => {
      if (ended > 0) throw new Mismatch('a frame after the end')
      frames += 1
      if (body.length === 0) channel.dropped()
      else channel.send(body, tpdu)
    },
    closed: () => {
      ended += 1
    },
  })
  for (let at = 1; at < input.length; ) {
    dice = (Math.imul(dice, 1_103_515_245) + 12_345) >>> 0
    const size = 1 + ((dice >>> 16) % 24)
    if (!socket.destroyed) socket.emit('data', Buffer.from(input.subarray(at, at + size)))
    at += size
    const event = (dice >>> 8) & 0xff
    if (event < 8) timers.advance(3_000)
    if (event === 8) socket.emit('end')
    if (event === 9 && !socket.destroyed) {
      // A real socket closes by itself after its error.
      socket.emit('error', new Error('reset'))
      socket.destroy()
    }
    if (event === 10) channel.close('enough')
  }
  timers.advance(200_000)
  const [error] = errors
  if (error !== undefined) throw error
  if (ended !== 1) throw new Mismatch(`closed ${ended} times`)
  if (channel.open) throw new Mismatch('open after its end')
  return `${Math.min(frames, 9)} ${channel.reason.replaceAll(/\d+/g, 'N')}`
}
