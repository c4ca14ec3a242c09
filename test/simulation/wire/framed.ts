// What a terminal puts on its line by hand: a sale's fields, those of an advice about it, and the
// frame around a message: two bytes of length and a TPDU. [wire-protocol 1]

import { tehran, utc } from './calendar.ts'
import { readMessage, type WireFields, type WireMessage, writeMessage } from './codec.ts'

const TPDU = Buffer.from('6000010002', 'hex')

/** Of one voucher at 50,000 rial. `localMs` is the terminal's clock. */
export function saleFields(sale: {
  tid: string
  mid: string
  stan: number
  localMs: number
}): WireFields {
  const local = tehran(sale.localMs)
  const stan = String(sale.stan).padStart(6, '0')
  return {
    ...{ 3: '150000', 4: '000000050000', 7: utc(Date.now()), 11: stan },
    ...{ 12: local.time, 13: local.date, 22: '021', 24: '001', 25: '14' },
    ...{ 35: '6037990000000014=29121010000000000000', 41: sale.tid, 42: sale.mid },
    ...{ 48: '093205 01', 49: '364', 60: '02010' },
  }
}

/** Of a reversal or a confirmation of that sale. */
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

/** The first message in what came, and what came after it; undefined until it is whole. */
export function takeMessage(received: Buffer): { message: WireMessage; rest: Buffer } | undefined {
  if (received.length < 2) return undefined
  const end = 2 + received.readUInt16BE(0)
  if (received.length < end) return undefined
  const message = readMessage('binary', received.subarray(2 + TPDU.length, end))
  return { message, rest: received.subarray(end) }
}
