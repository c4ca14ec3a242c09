// A terminal of the load: one connection that stays, any number of sales in flight on it, each
// lived as the protocol page says. It waits its own time for an answer, repeats after silence, and
// reverses after silence, 68 and 96 until that is answered. Whether it should sell now is not its
// business.

import { connect, type Socket } from 'node:net'
import { tehran, utc } from '../simulation/wire/calendar.ts'
import {
  readMessage,
  type WireFields,
  type WireMessage,
  writeMessage,
} from '../simulation/wire/codec.ts'

const TPDU = Buffer.from('6000010002', 'hex')
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
  #received = Buffer.alloc(0)
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
    const stan = String(((this.#sales - 1) % MOST_STAN) + 1).padStart(6, '0')
    const local = tehran(this.#beganMs + this.#sales * 1_000)
    const fields: WireFields = {
      ...{ 3: '150000', 4: '000000050000', 7: utc(Date.now()), 11: stan },
      ...{ 12: local.time, 13: local.date, 22: '021', 24: '001', 25: '14' },
      ...{ 35: '6037990000000014=29121010000000000000', 41: tid, 42: mid },
      ...{ 48: '093205 01', 49: '364', 60: '02010' },
    }
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
    while (this.#received.length >= 2) {
      const end = 2 + this.#received.readUInt16BE(0)
      if (this.#received.length < end) return
      const message = readMessage('binary', this.#received.subarray(2 + TPDU.length, end))
      this.#received = this.#received.subarray(end)
      const { 11: stan, 12: time } = message.fields
      this.#waiting.get(`${message.mti.slice(0, 3)} ${stan} ${time}`)?.(message)
    }
  }
}

/** What the card host is told of it too: terminal, and a second that is its own. */
export function nameOf(fields: WireFields): string {
  return `${fields[41]?.trimEnd()} ${fields[13]}${fields[12]}`
}

export function adviceFields(sale: WireFields): WireFields {
  const fields: WireFields = { 7: utc(Date.now()) }
  for (const de of [3, 4, 11, 12, 13, 41, 42]) fields[de] = sale[de] ?? ''
  return fields
}

export function frameOf(mti: string, fields: WireFields): Buffer {
  const body = writeMessage('binary', { mti, fields })
  const frame = Buffer.concat([Buffer.alloc(2), TPDU, body])
  frame.writeUInt16BE(frame.length - 2)
  return frame
}
