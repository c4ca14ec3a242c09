// Clients that cost without buying: frames that come a byte at a time, requests whose answers are
// never read, and a whole fleet that connects again at once. Each is counted; whether the honest
// ones suffer is seen by their own load.

import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { adviceFields, frameOf } from '../simulation/wire/framed.ts'
import { LoadTerminal } from './load-terminal.ts'
import { quantile } from './open-loop.ts'
import { MID, type Rig, TERMINAL_MS } from './rig.ts'

export interface Crowd {
  /** Connections that the switch cut, each replaced by another. */
  readonly cut: () => number
  readonly sentMb: () => number
  stop(): void
}

/** Announces a frame and sends a byte of it in each pause. */
export function slowClients(port: number, count: number, everyMs: number): Crowd {
  const terminal = new LoadTerminal({ tid: '10000001', mid: MID, port, replyMs: TERMINAL_MS })
  const frame = frameOf('0200', terminal.next().fields)
  return crowd(port, count, everyMs, (socket, turn) => {
    socket.write(frame.subarray(turn % frame.length, (turn % frame.length) + 1))
    return 1
  })
}

/** Asks for pages of the catalogue and reads none. */
export function neverReaders(port: number, count: number, perSecond: number): Crowd {
  const options = { tid: '10000002', mid: MID, port, replyMs: TERMINAL_MS, twin: 1 }
  const frame = frameOf('0800', new LoadTerminal(options).serviceFields('930000'))
  const everyMs = 20
  const frames = Buffer.concat(
    Array.from({ length: Math.max(1, Math.round((perSecond * everyMs) / 1_000)) }, () => frame),
  )
  return crowd(port, count, everyMs, (socket) => {
    socket.pause()
    // What the switch does not take any more is not piled up here.
    if (socket.writableLength > 1 << 20) return 0
    socket.write(frames)
    return frames.length
  })
}

/** On a door without TPDU: the length of nothing, as often as it is taken. */
export function emptyFrames(port: number, count: number): Crowd {
  const frames = Buffer.alloc(1 << 16)
  return crowd(port, count, 20, (socket) => {
    if (socket.writableLength > 1 << 20) return 0
    socket.write(frames)
    return frames.length
  })
}

function crowd(
  port: number,
  count: number,
  everyMs: number,
  speak: (socket: Socket, turn: number) => number,
): Crowd {
  const members = new Map<Socket, number>()
  let cut = 0
  let sent = 0
  let isOver = false
  const join = (): void => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    members.set(socket, 0)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      members.delete(socket)
      if (isOver) return
      cut++
      join()
    })
  }
  for (let n = 0; n < count; n++) join()
  const timer = setInterval(() => {
    for (const [socket, turn] of members) {
      if (socket.destroyed || socket.connecting) continue
      members.set(socket, turn + 1)
      sent += speak(socket, turn)
    }
  }, everyMs)
  return {
    cut: () => cut,
    sentMb: () => Number((sent / 2 ** 20).toFixed(2)),
    stop: () => {
      isOver = true
      clearInterval(timer)
      for (const socket of members.keys()) socket.destroy()
    },
  }
}

export interface StormReport {
  readonly connections: number
  readonly seconds: number
  /** Of the connections: an echo, and the reversal that was left over, answered in time. */
  readonly servedShare: number
  readonly p99Ms: number
}

/** Everybody connects within so many seconds and brings the reversal that was left over. */
export async function storm(rig: Rig, connections: number, seconds: number): Promise<StormReport> {
  const terminals: LoadTerminal[] = []
  const waits: number[] = []
  let served = 0
  const arrive = async (n: number): Promise<void> => {
    await pause(((n * seconds) / connections) * 1_000)
    const tid = String(10_000_001 + (n % rig.terminals.length))
    const twin = 2 + Math.floor(n / rig.terminals.length)
    const address = { tid, mid: MID, port: rig.port }
    const terminal = new LoadTerminal({ ...address, replyMs: TERMINAL_MS, twin })
    terminals.push(terminal)
    const beganMs = performance.now()
    const echo = await terminal.ask('0800', terminal.serviceFields('990000'))
    const reversal = await terminal.ask('0400', adviceFields(terminal.next().fields))
    waits.push(performance.now() - beganMs)
    if (echo?.fields[39] === '00' && reversal?.fields[39] === '00') served++
  }
  await Promise.all(Array.from({ length: connections }, (_, n) => arrive(n)))
  for (const terminal of terminals) terminal.drop()
  return {
    ...{ connections, seconds, servedShare: share(served, connections) },
    p99Ms: quantile(waits, 0.99),
  }
}

export function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Number((part / whole).toFixed(4))
}
