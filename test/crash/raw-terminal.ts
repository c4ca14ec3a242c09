// A terminal of the kill matrix: writes its frames with the simulation's own codec, keeps its open
// sale over every crash of the switch, and ends it as the protocol page says: repeat, then reverse
// until that is answered. What it was shown is its receipt.

import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { WireFields, WireMessage } from '../simulation/wire/codec.ts'
import { adviceFields, frameOf, saleFields, takeMessage } from '../simulation/wire/framed.ts'

const PAUSE_MS = 100
const PATIENCE = 300

export interface RawReceipt {
  readonly rrn: string
  /** Serial and PIN as DE 62 has them. */
  readonly vouchers: string
}

export class RawTerminal {
  /** Sales that were shown and not taken back. */
  readonly receipts: RawReceipt[] = []
  /** Everything that was ever shown, taken back or not. */
  readonly shown: RawReceipt[] = []
  /** What the switch had answered and did not stand by. */
  readonly broken: string[] = []
  readonly #tid: string
  readonly #mid: string
  readonly #port: () => number | undefined
  readonly #replyMs: number
  #stan = 0
  #open: WireFields | undefined
  /** The open sale's 00, as it was first seen. */
  #answer: RawReceipt | undefined
  #confirmed = false

  constructor(options: {
    tid: string
    mid: string
    port: () => number | undefined
    replyMs: number
  }) {
    this.#tid = options.tid
    this.#mid = options.mid
    this.#port = options.port
    this.#replyMs = options.replyMs
  }

  /** Begins a sale: from now on it is open until `settle` has ended it. */
  sell(): Promise<WireMessage | undefined> {
    this.#stan++
    this.#answer = undefined
    this.#confirmed = false
    const [tid, mid] = [this.#tid, this.#mid]
    this.#open = saleFields({ tid, mid, stan: this.#stan, localMs: Date.now() })
    return this.#buy('0200')
  }

  repeat(): Promise<WireMessage | undefined> {
    return this.#buy('0201')
  }

  reverse(): Promise<WireMessage | undefined> {
    return this.#ask('0400', this.#advice())
  }

  async confirm(): Promise<WireMessage | undefined> {
    const reply = await this.#ask('0220', this.#advice())
    if (reply?.fields[39] === '00') this.#confirmed = true
    return reply
  }

  /** As after a bad line: repeats once, then reverses until that is ended. */
  async settle(reversed: boolean): Promise<void> {
    if (this.#open === undefined) return
    const reply = reversed ? undefined : await this.#repeatedly('0201', this.#sale())
    const code = reply?.fields[39]
    if (reply !== undefined) this.#compare(reply)
    if (this.#confirmed) await this.#tryToReverse()
    if (code === '00') this.receipts.push(receiptIn(reply as WireMessage))
    else if (reversed || code === '68' || code === '96') await this.#reverseToTheEnd()
    this.#open = undefined
  }

  async #reverseToTheEnd(): Promise<void> {
    for (let tries = 0; tries < PATIENCE; tries++) {
      const reply = await this.#repeatedly('0401', this.#advice())
      const code = reply.fields[39] ?? ''
      if (code === '21') {
        this.receipts.push(receiptIn(await this.#repeatedly('0201', this.#sale())))
      }
      if (['00', '21', '61', '94'].includes(code)) return
      await pause(PAUSE_MS)
    }
    throw new Error('a reversal does not end')
  }

  /** A 00 that was seen before a crash must be said again after it. */
  #compare(reply: WireMessage): void {
    const before = this.#answer
    this.#note(reply)
    if (before === undefined) return
    const now = receiptIn(reply)
    const same = reply.fields[39] === '00' && now.rrn === before.rrn
    if (!same || now.vouchers !== before.vouchers) {
      this.broken.push(`RRN ${before.rrn}: 00 before the crash, ${reply.fields[39]} after it`)
    }
  }

  /** What was confirmed cannot be reversed any more. */
  async #tryToReverse(): Promise<void> {
    const reply = await this.#repeatedly('0400', this.#advice())
    const code = reply.fields[39]
    if (code !== '21') this.broken.push(`a confirmed sale's reversal was answered ${code}`)
  }

  async #buy(mti: string): Promise<WireMessage | undefined> {
    const reply = await this.#ask(mti, this.#sale())
    if (reply !== undefined) this.#note(reply)
    return reply
  }

  #note(reply: WireMessage): void {
    if (reply.fields[39] !== '00') return
    const receipt = receiptIn(reply)
    this.#answer ??= receipt
    this.shown.push(receipt)
  }

  #sale(): WireFields {
    if (this.#open === undefined) throw new Error('no sale is open')
    return this.#open
  }

  #advice(): WireFields {
    return adviceFields(this.#sale())
  }

  async #repeatedly(mti: string, fields: WireFields): Promise<WireMessage> {
    for (let tries = 0; tries < PATIENCE; tries++) {
      const reply = await this.#ask(mti, fields)
      if (reply !== undefined) return reply
      await pause(PAUSE_MS)
    }
    throw new Error(`a ${mti} is not answered`)
  }

  /** One message on a connection of its own; undefined when no answer came. */
  #ask(mti: string, fields: WireFields): Promise<WireMessage | undefined> {
    const port = this.#port()
    if (port === undefined) return pause(PAUSE_MS).then(() => undefined)
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port })
      let received = Buffer.alloc(0)
      const end = (reply: WireMessage | undefined) => {
        clearTimeout(timer)
        socket.destroy()
        resolve(reply)
      }
      const timer = setTimeout(() => end(undefined), this.#replyMs)
      socket.on('error', () => end(undefined))
      socket.on('close', () => end(undefined))
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk])
        const taken = takeMessage(received)
        if (taken !== undefined) end(taken.message)
      })
      socket.write(frameOf(mti, fields))
    })
  }
}

function receiptIn({ fields }: WireMessage): RawReceipt {
  return { rrn: fields[37] ?? '', vouchers: fields[62] ?? '' }
}
