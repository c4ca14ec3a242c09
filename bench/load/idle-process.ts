// Terminals that are connected and have nothing to sell: one process has as many as its descriptors
// allow. Each has said one echo and had its answer, so that the switch knows it; from then on it is
// silent.

import type { Socket } from 'node:net'
import { encode } from '../../protocol/message/encode.ts'
import { connectTo, type Place } from './connect-to.ts'
import { DIALECT, framed, saleFields } from './sale-frame.ts'

export interface IdleOrder {
  readonly do: 'open'
  readonly place: Place
  readonly mid: string
  readonly firstTid: number
  readonly count: number
}

export interface IdleReport {
  /** Connected and answered, and still so. */
  readonly open: number
  /** Why the others are not, by the word of the system. */
  readonly failed: Readonly<Record<string, number>>
}

/** Opened at a time: fewer than Node lets wait for an accept. */
const AT_A_TIME = 400
const FAILED_MOST = 200
const ANSWER_MS = 30_000
/** Of an address of its own, so that nobody else has these. */
const FIRST_PORT = 10_000
const ECHO_FIELDS = [7, 11, 12, 13, 24, 41, 42]

const sockets = new Set<Socket>()
const failed: Record<string, number> = {}

process.on('message', (order: IdleOrder | { readonly do: 'count' }) => {
  void (order.do === 'open' ? open(order) : Promise.resolve()).then(tell)
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })

function tell(): void {
  process.send?.({ answer: { open: sockets.size, failed } satisfies IdleReport })
}

async function open({ place, mid, firstTid, count }: IdleOrder): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count && failures() < FAILED_MOST) {
      const n = next++
      await one({ ...place, fromPort: FIRST_PORT + n }, mid, firstTid + n)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
}

function one(place: Place, mid: string, number: number): Promise<void> {
  return new Promise((resolve) => {
    const { socket, ready } = connectTo(place)
    const failing = (error: NodeJS.ErrnoException): void => {
      ended(error.code ?? error.message)
    }
    const ended = (why: string): void => {
      failed[why] = (failed[why] ?? 0) + 1
      sockets.delete(socket)
      socket.destroy()
      resolve()
    }
    socket.on('error', failing)
    const timer = setTimeout(() => ended('no answer'), ANSWER_MS)
    socket.once(ready, () => socket.write(echo(mid, String(number))))
    socket.once('data', () => {
      clearTimeout(timer)
      sockets.add(socket)
      socket.on('close', () => (sockets.has(socket) ? ended('closed') : undefined))
      socket.resume()
      resolve()
    })
  })
}

function echo(mid: string, tid: string): Buffer {
  const sale = saleFields({ mid, tid }, Date.now())
  const fields: Record<number, string> = { 3: '990000' }
  for (const de of ECHO_FIELDS) fields[de] = sale[de] ?? ''
  return framed(encode(DIALECT, '0800', fields))
}

function failures(): number {
  return Object.values(failed).reduce((sum, count) => sum + count, 0)
}
