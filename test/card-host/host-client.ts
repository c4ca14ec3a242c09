// A bare client of the card host for these tests: one socket, frames in and out, and the golden
// purchase with its reversal as fields that a test can change.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import type { CardHostOptions } from '../../card-host/host-options.ts'
import { FrameCutter, type Framing, frame } from '../../protocol/link/framing.ts'
import { systemTimers, type Timers } from '../../protocol/link/timers.ts'
import { decode, type Rejection } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import type { Message } from '../../protocol/message/message.ts'
import { patientTimers } from '../patient-timers.ts'

export const CARD = '6037990000000014'
export const OTHER_CARD = '6037990000000022'

/** Under the calendar of the golden messages. */
export const TIMERS: Timers = patientTimers(() => Date.UTC(2026, 10, 22, 5, 44, 31))

const FRAMING: Framing = {
  length: 'ascii4',
  lengthIncludesItself: false,
  tpdu: false,
  maxFrameBytes: 4096,
}

const PURCHASE: Fields = {
  2: CARD,
  3: '000000',
  4: '000000050000',
  7: '1122054431',
  11: '004201',
  12: '091430',
  13: '1122',
  22: '021',
  25: '14',
  32: '58100',
  35: `${CARD}=29121010000000000000`,
  37: '632609000001',
  41: '10000001',
  42: '000000000100001',
  48: '091905 01',
  49: '364',
}

const REVERSAL: Fields = {
  2: CARD,
  3: '000000',
  4: '000000050000',
  7: '1122054501',
  11: '004202',
  12: '091430',
  13: '1122',
  32: '58100',
  37: '632609000001',
  41: '10000001',
  42: '000000000100001',
  49: '364',
  90: '020000420111220544310000005810000000000000',
}

export function purchase(changes: Fields = {}): Fields {
  return { ...PURCHASE, ...changes }
}

/** A purchase of another card, which needs another track 2. */
function purchaseBy(card: string, changes: Fields = {}): Fields {
  return purchase({ 2: card, 35: `${card}=29121010000000000000`, ...changes })
}

/** The purchase with this STAN, and the reversal that names it. */
export function pairOf(stan: string, changes: Fields = {}): [Fields, Fields] {
  const de90 = `0200${stan}11220544310000005810000000000000`
  const { 2: card = CARD, 4: amount = '000000050000' } = changes
  const own = String(Number(stan) + 500_000).padStart(6, '0')
  const reversal = { ...REVERSAL, 2: card, 4: amount, 11: own, 90: de90 }
  return [purchaseBy(card, { ...changes, 11: stan }), reversal]
}

export function reversal(changes: Fields = {}): Fields {
  return { ...REVERSAL, ...changes }
}

export function golden(name: string): Buffer {
  const file = new URL('../golden/messages.json', import.meta.url)
  const all = JSON.parse(readFileSync(file, 'utf8')) as { name: string; hex: string }[]
  const found = all.find((message) => message.name === name)
  if (found === undefined) throw new Error(`no golden message: ${name}`)
  return Buffer.from(found.hex, 'hex')
}

export function startForTest(options: CardHostOptions = {}): Promise<CardHost> {
  return startCardHost({ timers: TIMERS, ...options })
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemTimers.after(ms, resolve)
  })
}

export class HostClient {
  readonly #socket: Socket
  readonly #framing: Framing
  readonly #dialect: (typeof DIALECTS)['iso87ascii']
  readonly #cutter: FrameCutter
  readonly #bodies: Buffer[] = []
  #wake: (() => void) | undefined
  closed = false

  private constructor(socket: Socket, options: CardHostOptions) {
    this.#socket = socket
    this.#framing = { ...FRAMING, length: options.length ?? 'ascii4' }
    this.#dialect = DIALECTS[options.dialect ?? 'iso87ascii']
    this.#cutter = new FrameCutter(this.#framing)
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.closed = true
      this.#wake?.()
    })
  }

  static async connect(port: number, options: CardHostOptions = {}): Promise<HostClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new HostClient(socket, options)
  }

  /** Connected and signed on. */
  static async signedOn(cardHost: CardHost, options: CardHostOptions = {}): Promise<HostClient> {
    const client = await HostClient.connect(cardHost.port, options)
    await client.ask('0800', { 7: '1122054400', 11: '004100', 70: '001' })
    return client
  }

  send(mti: string, fields: Fields): void {
    this.sendRaw(frame(this.#framing, encode(this.#dialect, mti, fields)))
  }

  sendRaw(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  async ask(mti: string, fields: Fields): Promise<Message> {
    this.send(mti, fields)
    const answer = await this.answer()
    if (answer === undefined || answer.kind === 'rejected') throw new Error('no readable answer')
    return answer
  }

  /** DE 39 of the answer, `silent`, `closed` or `unreadable`. */
  async codeOf(mti: string, fields: Fields, waitMs = 150): Promise<string> {
    this.send(mti, fields)
    const answer = await this.answer(waitMs)
    if (answer === undefined) return this.closed ? 'closed' : 'silent'
    return answer.kind === 'rejected' ? 'unreadable' : (answer.get(39) ?? 'none')
  }

  async answer(waitMs = 2_000): Promise<Message | Rejection | undefined> {
    const body = await this.body(waitMs)
    return body && decode(this.#dialect, body)
  }

  async body(waitMs = 2_000): Promise<Buffer | undefined> {
    if (this.#bodies.length === 0 && !this.closed) await this.#woken(waitMs)
    return this.#bodies.shift()
  }

  async untilClosed(): Promise<void> {
    while (!this.closed) await this.#woken(2_000)
  }

  end(): void {
    this.#socket.destroy()
  }

  #woken(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = systemTimers.after(waitMs, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }

  #received(chunk: Buffer): void {
    this.#cutter.push(chunk)
    for (let cut = this.#cutter.next(); cut?.kind === 'frame'; cut = this.#cutter.next()) {
      this.#bodies.push(cut.body)
    }
    this.#wake?.()
  }
}
