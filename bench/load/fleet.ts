// The terminals of one shop: their keys by logon, and as many lines as a run wants. Lines beyond
// the number of terminals are further connections of the same ones, whose clocks and STANs stand
// apart, so that no two sales have one identity. Keeps what was approved, for the audit.

import { once } from 'node:events'
import { connect } from 'node:net'
import { decode } from '../../protocol/message/decode.ts'
import { encode } from '../../protocol/message/encode.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { Place } from './connect-to.ts'
import { joinedParts, keyIn } from './keys.ts'
import type { FleetOrder } from './orders.ts'
import { receiptOf } from './receipt.ts'
import {
  type Address,
  BODY_AT,
  DIALECT,
  framed,
  type LineKeys,
  pinBlockUnder,
  SaleFrame,
  saleFields,
} from './sale-frame.ts'
import { SaleLine } from './sale-line.ts'

/** More than one connection is behind another one of its terminal. */
const STANS_APART = 10_000
const LOGON_FIELDS = [7, 11, 12, 13, 24, 41, 42]

export class Fleet {
  readonly #order: FleetOrder
  readonly #beganMs = Date.now()
  readonly #lines: SaleLine[] = []
  #keys: readonly LineKeys[] = []
  /** RRN, terminal, serial and PIN of each approval. */
  readonly receipts: string[] = []
  /** A 0210 of this fleet, for the host that stands behind the relays. */
  #sample: Buffer | undefined

  constructor(order: FleetOrder) {
    this.#order = order
  }

  async logon(): Promise<void> {
    const { parts = [], tids } = this.#order
    this.#keys = await Promise.all(
      parts.map((own, index) => this.#sessionKeys(joinedParts(own), tids[index] ?? '')),
    )
  }

  /** Connects them; who asks for it closes them. */
  async open(lines: readonly SaleLine[], place: Place): Promise<void> {
    // Not all at once: the queue of connections that wait for an accept has an end.
    for (let at = 0; at < lines.length; at += 100) {
      await Promise.all(lines.slice(at, at + 100).map((line) => line.open(place)))
    }
  }

  lines(count: number): SaleLine[] {
    while (this.#lines.length < count) this.#lines.push(this.#line(this.#lines.length))
    return this.#lines.slice(0, count)
  }

  /** What the switch approved, read. Throws at an answer that no terminal would take. */
  keepReceipts(): void {
    for (const line of this.#lines) {
      for (const body of line.takeApprovals()) {
        this.#sample ??= body
        this.receipts.push(receiptOf(body, line.terminal))
      }
    }
  }

  /** Throws before the switch has approved anything. */
  sampleMessage(): Message {
    const message = decode(DIALECT, this.#sample ?? Buffer.alloc(0))
    if (message.kind === 'rejected') throw new Error(`nothing was sold yet: ${message.reason}`)
    return message
  }

  /** Of relays it is the same answer again and again, and no sale. */
  keep(isKept: boolean): void {
    for (const line of this.#lines) line.isKept = isKept
  }

  #line(index: number): SaleLine {
    const { mid, tids } = this.#order
    const place = index % tids.length
    const address = { mid, tid: tids[place] ?? '' }
    const turn = Math.trunc(index / tids.length)
    const apart = { lagMs: turn * 1_000, stan: turn * STANS_APART }
    return new SaleLine(new SaleFrame(address, apart, this.#keys[place]))
  }

  async #sessionKeys(master: Buffer, tid: string): Promise<LineKeys> {
    const address = { mid: this.#order.mid, tid }
    const blocks = await this.#logonReply(address)
    const size = blocks.length / 3
    const mac = keyIn(master, blocks.slice(0, size), 'mac')
    const pinKey = keyIn(master, blocks.slice(size, 2 * size), 'pin')
    const data = keyIn(master, blocks.slice(2 * size), 'data')
    return { mac, pinBlock: pinBlockUnder(pinKey), data }
  }

  async #logonReply(address: Address): Promise<string> {
    const sale = saleFields(address, this.#beganMs)
    const fields: Record<number, string> = { 3: '920000', 60: '0405BENCH' }
    for (const de of LOGON_FIELDS) fields[de] = sale[de] ?? ''
    const socket = connect({ host: '127.0.0.1', port: this.#order.port })
    socket.write(framed(encode(DIALECT, '0800', fields)))
    // A reply of a few hundred bytes comes in one piece.
    const [reply] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    const message = decode(DIALECT, reply.subarray(BODY_AT))
    if (message.kind === 'rejected' || message.get(39) !== '00') throw new Error('no logon')
    return message.get(62) ?? ''
  }
}
