// Frames of somebody who has read the line and has no keys: another amount, a reversal, a
// confirmation, an inquiry or a new sale, with a MAC that is wrong, missing, taken from another
// message or made with keys of the sender's own.

import type { Seeded } from '../seeded.ts'
import { cmacOf } from '../wire/aes.ts'
import { type WireFields, type WireMessage, writeMessage } from '../wire/codec.ts'
import { MAC_BYTES, type SessionSet, sealedMessage } from '../wire/sealed.ts'

export const STRANGERS_KEY = cmacOf(Buffer.alloc(16, 0x5a))
const OF_THE_SALE = [3, 4, 7, 11, 12, 13, 41, 42]

export function forgery(random: Seeded, message: WireMessage, { mac }: SessionSet): Buffer {
  const forged = forgedMessage(random, message)
  switch (random.between(0, 3)) {
    case 0:
      return writeMessage('binary', forged)
    case 1:
      return sealedMessage('binary', forged, STRANGERS_KEY)
    case 2: {
      const body = sealedMessage('binary', forged, mac)
      const at = body.length - random.between(1, MAC_BYTES)
      body[at] = (body[at] ?? 0) ^ (1 << random.between(0, 7))
      return body
    }
    default: {
      const body = sealedMessage('binary', forged, mac)
      const other = sealedMessage('binary', { mti: '0100', fields: message.fields }, mac)
      other.copy(body, body.length - MAC_BYTES, other.length - MAC_BYTES)
      return body
    }
  }
}

function forgedMessage(random: Seeded, { mti, fields }: WireMessage): WireMessage {
  const ofTheSale: WireFields = {}
  for (const de of OF_THE_SALE) {
    const value = fields[de]
    if (value !== undefined) ofTheSale[de] = value
  }
  switch (random.between(0, 4)) {
    case 0:
      return { mti: '0400', fields: ofTheSale }
    case 1:
      return { mti: '0220', fields: ofTheSale }
    case 2: {
      const original = `${fields[11]}${fields[12]}${fields[13]}`
      const { 4: _amount, ...own } = ofTheSale
      return { mti: '0100', fields: { ...own, 3: '330000', 24: '001', 48: original } }
    }
    case 3: {
      const stan = String((Number(fields[11]) + 1) % 1_000_000).padStart(6, '0')
      return { mti, fields: { ...fields, 11: stan } }
    }
    default:
      return { mti, fields }
  }
}
