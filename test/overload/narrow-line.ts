// The line between the switch and its card host, as narrow as the trial wants: a queue that is
// worked off at a fixed rate, as a host with too much to do has one, or a fixed delay for any
// number of messages, or nothing at all. Behind it the simulated card host keeps its ledger.
// Network messages pass at once. Debits and reversals stand in one queue.

import { connect, createServer, type Server, type Socket } from 'node:net'
import { readMessage, type WireMessage } from '../simulation/wire/codec.ts'

export type LineMode =
  | { readonly kind: 'queue'; readonly perSecond: number }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Works on nothing and loses nothing: all of it is worked off later. */
  | { readonly kind: 'standing' }
  /** What comes is lost. */
  | { readonly kind: 'losing' }

export interface NarrowLineOptions {
  readonly hostPort: number
  readonly mode: LineMode
  /** A debit left the switch. */
  readonly debitAsked: (message: WireMessage) => void
}

const HEAD = 4

export async function openNarrowLine(options: NarrowLineOptions): Promise<NarrowLine> {
  const line = new NarrowLine(options)
  await line.open()
  return line
}

export class NarrowLine {
  readonly #options: NarrowLineOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #waiting: (() => void)[] = []
  #mode: LineMode
  /** When the next of the queue is due. */
  #dueMs = 0
  #timer: NodeJS.Timeout | undefined
  /** Debits and reversals that came, and those that were let through. */
  readonly counts = { debits: 0, reversals: 0, passed: 0 }

  constructor(options: NarrowLineOptions) {
    this.#options = options
    this.#mode = options.mode
    this.#server = createServer({ noDelay: true }, (socket) => this.#accepted(socket))
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', () => resolve())
    })
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  get waiting(): number {
    return this.#waiting.length
  }

  set mode(mode: LineMode) {
    this.#mode = mode
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (mode.kind === 'delay') for (const pass of this.#waiting.splice(0)) pass()
    this.#work()
  }

  close(): Promise<void> {
    clearTimeout(this.#timer)
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #accepted(socket: Socket): void {
    const host = connect({ host: '127.0.0.1', port: this.#options.hostPort, noDelay: true })
    for (const [one, other] of [
      [socket, host],
      [host, socket],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => one.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
    }
    host.pipe(socket)
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      for (let end = endOf(received); end <= received.length; end = endOf(received)) {
        this.#took(received.subarray(0, end), host)
        received = received.subarray(end)
      }
    })
  }

  #took(frame: Buffer, host: Socket): void {
    const message = readMessage('ascii', frame.subarray(HEAD))
    const pass = () => {
      this.counts.passed++
      if (!host.destroyed) host.write(frame)
    }
    if (message.mti === '0200') {
      this.counts.debits++
      this.#options.debitAsked(message)
    } else if (message.mti.startsWith('042')) this.counts.reversals++
    else {
      host.write(frame)
      return
    }
    if (this.#mode.kind === 'losing') return
    if (this.#mode.kind === 'delay') {
      setTimeout(pass, this.#mode.ms)
      return
    }
    this.#waiting.push(pass)
    this.#work()
  }

  /** Everything that is due goes; a timer that came late does not make the line slower. */
  #work(): void {
    if (this.#mode.kind !== 'queue' || this.#timer !== undefined) return
    const everyMs = 1_000 / this.#mode.perSecond
    const nowMs = performance.now()
    // Time in which nothing waited is not saved up.
    if (this.#dueMs < nowMs - CATCH_UP_MS) this.#dueMs = nowMs
    while (this.#waiting.length > 0 && this.#dueMs <= nowMs) {
      this.#waiting.shift()?.()
      this.#dueMs += everyMs
    }
    if (this.#waiting.length === 0) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#work()
      },
      Math.max(1, this.#dueMs - performance.now()),
    )
  }
}

/** A pause of this process that is made up for. */
const CATCH_UP_MS = 100

/** Where the first frame ends; past everything while its length is not there. */
function endOf(received: Buffer): number {
  if (received.length < HEAD) return Number.POSITIVE_INFINITY
  return HEAD + Number(received.toString('latin1', 0, HEAD))
}
