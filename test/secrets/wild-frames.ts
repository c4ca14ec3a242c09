// Frames with secrets where they do not belong, or in messages that are refused: whatever the
// switch says about them, it must not repeat what is in them.

import { connect } from 'node:net'
import { tehran, utc } from '../simulation/wire/calendar.ts'
import { type WireFields, writeMessage } from '../simulation/wire/codec.ts'
import { CARDS, CHIP, PIN_BLOCK, PIN_BLOCK_4, PINS, TRACK_REST } from './canaries.ts'

const TPDU = Buffer.from('6000010002', 'hex')
const WAIT_MS = 400

export async function sendWildFrames(
  port: number,
  at: { readonly tid: string; readonly mid: string },
): Promise<void> {
  const [card = ''] = CARDS
  const sale = (stan: number, more: WireFields): Buffer =>
    writeMessage('binary', { mti: '0200', fields: saleFields(at, stan, more) })
  const frames = [
    sale(900_001, { 55: CHIP }),
    sale(900_002, { 52: PIN_BLOCK }),
    sale(900_003, { 61: PIN_BLOCK_4 }),
    sale(900_004, { 48: `${card}` }),
    sale(900_005, { 60: `0302${card.slice(0, 2)}04${card.length}${card}` }),
    sale(900_006, { 41: card.slice(0, 8), 42: card.padEnd(15).slice(0, 15) }),
    sale(900_007, { 55: CHIP }).subarray(0, 90),
    Buffer.from(`${card} ${PINS[0]}`),
    Buffer.from(PINS.join('')),
  ]
  for (const frame of frames) await sendFrame(port, frame)
}

/** A sale that a terminal might send now, to the first card. */
export function saleFields(
  { tid, mid }: { readonly tid: string; readonly mid: string },
  stan: number,
  more: WireFields = {},
): WireFields {
  const now = Date.now()
  const local = tehran(now)
  return {
    ...{ 3: '150000', 4: '000000050000', 7: utc(now), 11: String(stan).padStart(6, '0') },
    ...{ 12: local.time, 13: local.date, 22: '051', 24: '001', 25: '14' },
    ...{ 35: `${CARDS[0]}=${TRACK_REST}`, 41: tid, 42: mid, 48: '093205 01', 49: '364' },
    ...more,
  }
}

/** Resolves with the answer's bytes, or none; the connection is closed after `waitMs`. */
export function sendFrame(port: number, body: Buffer, waitMs = WAIT_MS): Promise<Buffer> {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(TPDU.length + body.length)
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    let answer = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
    socket.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes])
      socket.end()
    })
    socket.write(Buffer.concat([head, TPDU, body]))
    setTimeout(() => socket.destroy(), waitMs)
  })
}
