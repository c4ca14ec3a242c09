// A terminal of the load: one connection that stays, any number of sales in flight on it, each
// lived as the protocol page says. It waits its own time for an answer, repeats after silence, and
// reverses after silence, 68 and 96 until that is answered. Whether it should sell now is not its
// business.

import { connect, type Socket } from 'node:net'
import type { WireFields, WireMessage } from '../simulation/wire/codec.ts'
import { frameOf, saleFields, takeMessage } from '../simulation/wire/framed.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Where the terminals' clocks begin: each sale has a second of its own, so that it has a name. */
const CLOCK_BACK_MS = 3 * DAY_MS
const MOST_STAN = 999_999

export interface TerminalOptions {
  readonly tid: string
  readonly mid: string
  readonly port: number
  readonly replyMs: number
  /** Terminals of one number live so many hours apart. */
  readonly twin?: number
}

export interface Asked {
  readonly fields: WireFields
  readonly name: string
}

type Waiting = (reply: WireMessage | undefined) => void

export class LoadTerminal {
  readonly #options: TerminalOptions
  readonly #beganMs: number
  readonly #waiting = new Map<string, Waiting>()
  #socket: Socket | undefined
  #received: Buffer = Buffer.alloc(0)
  #sales = 0
  /** Connections that the switch, or the network, ended. */
  ended = 0

  constructor(options: TerminalOptions) {
    this.#options = options
    this.#beganMs = Date.now() - CLOCK_BACK_MS - (options.twin ?? 0) * HOUR_MS
  }

  /** A sale that was not asked for yet. */
  next(): Asked {
    const { tid, mid } = this.#options
    this.#sales++
    const stan = ((this.#sales - 1) % MOST_STAN) + 1
    const localMs = this.#beganMs + this.#sales * 1_000
    const fields = saleFields({ tid, mid, stan, localMs })
    return { fields, name: nameOf(fields) }
  }

  /** Of an inquiry, an echo or an initialise: with a STAN and a time of its own. */
  serviceFields(processingCode: string, order?: string): WireFields {
    const { 7: sent, 11: stan, 12: time, 13: date, 41: tid, 42: mid } = this.next().fields
    const fields: WireFields = { 3: processingCode, 24: '001' }
    const own = { 7: sent, 11: stan, 12: time, 13: date, 41: tid, 42: mid, 48: order }
    for (const [de, value] of Object.entries(own)) {
      if (value !== undefined) fields[Number(de)] = value
    }
    return fields
  }

  /** Undefined: no answer within the terminal's time. */
  ask(
    mti: string,
    fields: WireFields,
    waitMs = this.#options.replyMs,
  ): Promise<WireMessage | undefined> {
    const key = `${mti.slice(0, 2)}${Number(mti[2]) + 1} ${fields[11]} ${fields[12]}`
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(key)
        resolve(undefined)
      }, waitMs)
      this.#waiting.set(key, (reply) => {
        clearTimeout(timer)
        this.#waiting.delete(key)
        resolve(reply)
      })
      this.#connected().write(frameOf(mti, fields))
    })
  }

  /** The same terminal on another connection, where no late answer to another message comes. */
  fresh(): LoadTerminal {
    return new LoadTerminal(this.#options)
  }

  /** As when the line is cut. */
  drop(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #connected(): Socket {
    if (this.#socket !== undefined) return this.#socket
    const socket = connect({ host: '127.0.0.1', port: this.#options.port, noDelay: true })
    this.#socket = socket
    this.#received = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.ended++
      this.#socket = undefined
    })
    socket.on('data', (chunk) => this.#took(chunk))
    return socket
  }

  #took(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    for (;;) {
      const taken = takeMessage(this.#received)
      if (taken === undefined) return
      this.#received = taken.rest
      const { mti, fields } = taken.message
      this.#waiting.get(`${mti.slice(0, 3)} ${fields[11]} ${fields[12]}`)?.(taken.message)
    }
  }
}

/** What the card host is told of it too: terminal, and a second that is its own. */
export function nameOf(fields: WireFields): string {
  return `${fields[41]?.trimEnd()} ${fields[13]}${fields[12]}`
}
