// The frame of a sale, encoded once for a connection; from sale to sale only its STAN, each second
// its time, and with keys its MAC, are put in anew. So a core that sends costs far less than the
// core that is measured.
//
//   length 2 · TPDU 5 · MTI 2 · bitmap 8 · DE 3 3 · DE 4 6 · DE 7 5 · DE 11 3 · DE 12 3 · DE 13 2 ·
//   ... · DE 64 8

import { randomBytes } from 'node:crypto'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac } from '../../protocol/message/mac-input.ts'
import { writePinBlock } from '../../protocol/security/pin-block.ts'
import { tehranTime, transmissionTime } from '../../protocol/values/moment.ts'
import { cmacUnder } from './cmac.ts'

export const DIALECT = DIALECTS.iso87binary
export const BODY_AT = 7
/** In a 0200 as in a 0210: both begin with DE 3, 4, 7 and 11. */
export const STAN_AT = BODY_AT + 24
const TRANSMISSION_AT = BODY_AT + 19
const TIME_AT = STAN_AT + 3
const DATE_AT = TIME_AT + 3
const TPDU = Buffer.from('6000010002', 'hex')
const MAC_BYTES = 8
const STANS = 1_000_000
const CARD = '6037990000000014'
const CARD_PIN = Uint8Array.of(1, 2, 3, 4)

export interface LineKeys {
  readonly mac: Buffer
  readonly pinBlock: string
  /** Of the PINs of vouchers. */
  readonly data: Buffer
}

/** What an answer is checked with. */
export interface Terminal {
  readonly address: Address
  readonly keys: LineKeys | undefined
  readonly mac: ((input: Buffer) => Buffer) | undefined
}

/** What keeps connections of one terminal apart: no two of their sales have one identity. */
export interface Apart {
  /** How far its clock is behind. */
  readonly lagMs: number
  readonly stan: number
}

export interface Address {
  readonly mid: string
  readonly tid: string
}

export class SaleFrame {
  readonly bytes: Buffer
  readonly terminal: Terminal
  readonly #mac: ((input: Buffer) => Buffer) | undefined
  readonly #lagMs: number
  #stan: number
  #second = 0

  constructor(address: Address, { lagMs, stan }: Apart, keys: LineKeys | undefined) {
    this.#lagMs = lagMs
    this.#stan = stan
    const fields = saleFields(address, Date.now() - lagMs)
    this.#mac = keys && cmacUnder(keys.mac)
    this.terminal = { address, keys, mac: this.#mac }
    const body =
      keys === undefined || this.#mac === undefined
        ? encode(DIALECT, '0200', fields)
        : encodeWithMac(DIALECT, '0200', { ...fields, 61: keys.pinBlock }, this.#mac)
    this.bytes = framed(body)
  }

  /** The bytes are those of the next sale; they are copied to the kernel before the one after. */
  next(): Buffer {
    const { bytes } = this
    this.#stan++
    bytes.write(String(this.#stan % STANS).padStart(6, '0'), STAN_AT, 'hex')
    const second = Math.trunc(Date.now() / 1_000)
    if (second !== this.#second) this.#tick(second)
    if (this.#mac === undefined) return bytes
    const macAt = bytes.length - MAC_BYTES
    bytes.set(this.#mac(bytes.subarray(BODY_AT, macAt)), macAt)
    return bytes
  }

  #tick(second: number): void {
    this.#second = second
    const localMs = second * 1_000 - this.#lagMs
    const { time, date } = tehranTime(localMs)
    this.bytes.write(transmissionTime(localMs), TRANSMISSION_AT, 'hex')
    this.bytes.write(time, TIME_AT, 'hex')
    this.bytes.write(date, DATE_AT, 'hex')
  }
}

export function framed(body: Buffer): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(TPDU.length + body.length)
  return Buffer.concat([head, TPDU, body])
}

export function pinBlockUnder(key: Buffer): string {
  return writePinBlock('aes', key, CARD_PIN, CARD, randomBytes)
}

/** Of one voucher at 50,000 rial. */
export function saleFields({ mid, tid }: Address, localMs: number): Fields {
  const { time, date } = tehranTime(localMs)
  return {
    ...{ 3: '150000', 4: '000000050000', 7: transmissionTime(localMs), 11: '000000' },
    ...{ 12: time, 13: date, 22: '021', 24: '001', 25: '14', 35: `${CARD}=29121010000000000000` },
    ...{ 41: tid, 42: mid, 48: '093205 01', 49: '364', 60: '02010' },
  }
}
