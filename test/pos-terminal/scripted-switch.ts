// A switch for the terminal's tests: in memory, on virtual time, answering by script. It reads and
// writes with the field tables of `protocol/message`, so the terminal's own tables meet others.

import { TERMINAL_DIALECTS } from '../../pos-terminal/dialect.ts'
import { TerminalEngine } from '../../pos-terminal/engine.ts'
import type { Connect, ConnectOutcome, TerminalChannelHandlers } from '../../pos-terminal/line.ts'
import type { SaleOrder } from '../../pos-terminal/sell.ts'
import { DEFAULT_WAITS, type TerminalSettings } from '../../pos-terminal/settings.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import type { Printed, ReceiptPrinter, VoucherSlip } from '../../pos-terminal/terminal.ts'
import type { Timers } from '../../protocol/link/timers.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import type { Message } from '../../protocol/message/message.ts'
import { replyMti } from '../../protocol/message/mti.ts'
import { Track2 } from '../../protocol/values/card.ts'
import {
  parseMerchantId,
  parseProductId,
  parseTerminalId,
} from '../../protocol/values/identifiers.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { toRial } from '../../protocol/values/rial.ts'

export const PIN_1 = '7100000000000016'

export function sure<Value>(value: Value): Exclude<Value, { reason: string } | undefined | null> {
  if (value === undefined || value === null || isReason(value)) throw new Error('no value')
  return value as Exclude<Value, { reason: string } | undefined | null>
}

/** 2026-11-22 09:14:30 in Tehran, the moment of the golden messages. */
export const START_MS = Date.UTC(2026, 10, 22, 5, 44, 30)

export class VirtualTimers implements Timers {
  #nowMs = 0
  #due: { atMs: number; run: () => void }[] = []

  monotonicMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return START_MS + this.#nowMs
  }

  after(ms: number, run: () => void): () => void {
    const entry = { atMs: this.#nowMs + ms, run }
    this.#due.push(entry)
    return () => {
      this.#due = this.#due.filter((other) => other !== entry)
    }
  }

  /** Lets time pass until the work is done, jumping from timer to timer. */
  async finish<Result>(work: Promise<Result>): Promise<Result> {
    let done = false
    const ended = work.finally(() => {
      done = true
    })
    ended.catch(() => undefined)
    for (let turn = 0; turn < 10_000; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      if (done) return ended
      this.#fireNext()
    }
    throw new Error('the work never ended')
  }

  /** Of a terminal that does nothing meanwhile. */
  pass(ms: number): void {
    this.#nowMs += ms
  }

  /** Of a process that is gone, nothing comes due any more. */
  forget(): void {
    this.#due = []
  }

  #fireNext(): void {
    const next = this.#due.toSorted((a, b) => a.atMs - b.atMs)[0]
    if (next === undefined) throw new Error('the work waits for nothing')
    this.#due = this.#due.filter((other) => other !== next)
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    next.run()
  }
}

export interface Heard {
  readonly mti: string
  readonly fields: Fields
  readonly connection: number
  readonly atMs: number
  readonly message: Message
}

/**
 * `silence` keeps the connection, `close` ends it; an object answers with its fields on top and
 * without those that are empty.
 */
export type Scripted = 'silence' | 'close' | Fields
export type Script = (heard: Heard, index: number) => Scripted

const ECHOED = [3, 4, 7, 11, 12, 13, 24, 25, 41, 42, 48, 49, 37]

export class ScriptedSwitch {
  readonly heard: Heard[] = []
  readonly #timers: VirtualTimers
  script: Script
  reachable = true
  /** With the MAC of a switch that has keys; an answer that names DE 64 is left as it is. */
  seal: ((mti: string, fields: Fields) => Buffer) | undefined
  #connections = 0

  constructor(timers: VirtualTimers, script: Script) {
    this.#timers = timers
    this.script = script
  }

  get mtis(): string[] {
    return this.heard.map(({ mti }) => mti)
  }

  get connect(): Connect {
    return (handlers) => Promise.resolve(this.#accept(handlers))
  }

  #accept(handlers: TerminalChannelHandlers): ConnectOutcome {
    if (!this.reachable) return { kind: 'not-connected', reason: 'ECONNREFUSED' }
    this.#connections += 1
    const connection = this.#connections
    const channel = {
      open: true,
      send: (body: Buffer, tpdu?: Buffer): boolean => {
        if (!channel.open) return false
        const heard = this.#read(body, connection)
        const answer = this.script(heard, this.heard.length - 1)
        if (answer === 'silence') return true
        if (answer === 'close') {
          this.#timers.after(1, () => {
            channel.open = false
            handlers.closed('reset')
          })
          return true
        }
        const reply = this.#reply(heard, answer)
        const back = tpdu && Buffer.from([0x60, ...tpdu.subarray(3, 5), ...tpdu.subarray(1, 3)])
        this.#timers.after(5, () => handlers.frame(reply, back))
        return true
      },
      close: (): void => {
        channel.open = false
      },
    }
    return { kind: 'connected', channel }
  }

  #read(body: Buffer, connection: number): Heard {
    const message = decode(DIALECTS.iso87binary, body)
    if (message.kind !== 'message') throw new Error(`DE ${message.field}: ${message.reason}`)
    const fields: Fields = {}
    for (const de of message.numbers()) fields[de] = sure(message.get(de))
    const atMs = this.#timers.monotonicMs()
    const heard = { mti: message.mti, fields, connection, atMs, message }
    this.heard.push(heard)
    return heard
  }

  #reply(heard: Heard, answer: Fields): Buffer {
    const fields: Fields = { 37: '632609000001' }
    for (const de of ECHOED) {
      const value = heard.fields[de]
      if (value !== undefined) fields[de] = value
    }
    for (const [de, value] of Object.entries(answer)) {
      if (value === '') delete fields[Number(de)]
      else fields[Number(de)] = value
    }
    const mti = replyMti(heard.mti)
    if (this.seal !== undefined && !(64 in answer)) return this.seal(mti, fields)
    return encode(DIALECTS.iso87binary, mti, fields)
  }
}

export const SOLD: Fields = { 38: '004711', 39: '00', 62: `010716SN90001${PIN_1}` }

/** Sells and accepts everything. */
export const HONEST: Script = ({ mti }) =>
  mti.startsWith('02') && mti < '0220' ? SOLD : { 39: '00' }

export const SETTINGS: TerminalSettings = {
  terminalId: sure(parseTerminalId('10000001')),
  merchantId: sure(parseMerchantId('000000000100001')),
  dialect: TERMINAL_DIALECTS.iso87binary,
  networkId: '001',
  condition: '14',
  language: 'en',
  applicationVersion: undefined,
  serialNumber: undefined,
  accessible: false,
  wantsReceiptLines: false,
  waits: DEFAULT_WAITS,
}

export const CARD = {
  kind: 'track2',
  track2: sure(Track2.parse('6037990000000014=29121010000000000000')),
} as const

export const ORDER: SaleOrder = {
  product: sure(parseProductId('091905')),
  productName: 'MCI 50,000',
  count: 1,
  amountRial: toRial(50_000),
  card: CARD,
}

/** Keeps what it was given; `outcomes` are used up first, then every print succeeds. */
class MemoryPrinter implements ReceiptPrinter {
  readonly slips: VoucherSlip[] = []
  outcomes: Printed[] = []

  status(): 'ready' {
    return 'ready'
  }

  print(slip: VoucherSlip): Promise<Printed> {
    const out = this.outcomes.shift() ?? 'out'
    if (out === 'out') this.slips.push(slip)
    return Promise.resolve(out)
  }
}

/** A terminal on virtual time before a switch that keeps to the script. */
export function terminal(script: Script) {
  const timers = new VirtualTimers()
  const peer = new ScriptedSwitch(timers, script)
  const store = new MemoryStore(SETTINGS.terminalId, SETTINGS.merchantId)
  const printer = new MemoryPrinter()
  const start = () =>
    new TerminalEngine({
      settings: SETTINGS,
      timers,
      connect: peer.connect,
      store,
      printer,
      tpdu: Buffer.from('6000010000', 'hex'),
    })
  return { timers, peer, store, printer, start, engine: start() }
}

/** Answers the n-th message with the n-th entry. */
export function inTurn(...answers: Scripted[]): Script {
  return (_heard, index) => answers[index] ?? { 39: '00' }
}

export const NO_SALES = { salesCount: 0, salesRial: 0, reversalsCount: 0, reversalsRial: 0 }
export const ONE_SALE = { ...NO_SALES, salesCount: 1, salesRial: 50_000 }
