// Messages with a MAC as the last field, and the sets of keys that terminals are given at a logon.
// [wire-protocol 3.4, 3.5]

import { BLOCK_CHARS, type Cmac, cmacOf, keyOfBlock } from './aes.ts'
import { type WireDialect, type WireMessage, writeMessage } from './codec.ts'

export const MAC_BYTES = 8
const NO_MAC = '0'.repeat(16)

export interface SessionSet {
  readonly mac: Cmac
  readonly dataKey: Buffer
  /** DE 7 of its logon. */
  readonly transmission: string
  /** All three, as hex: no key comes twice. */
  readonly keys: readonly string[]
}

/** The message with its MAC under these keys: DE 64, or 128 behind a field above 64. */
export function sealedMessage(dialect: WireDialect, message: WireMessage, mac: Cmac): Buffer {
  const { mti, fields } = message
  const last = Math.max(...Object.keys(fields).map(Number))
  const body = writeMessage(dialect, { mti, fields: { ...fields, [last > 64 ? 128 : 64]: NO_MAC } })
  if (dialect === 'binary') {
    const end = body.length - MAC_BYTES
    mac(body.subarray(0, end)).copy(body, end, 0, MAC_BYTES)
    return body
  }
  const end = body.length - 2 * MAC_BYTES
  body.write(hexMac(body.subarray(0, end), mac), end, 'latin1')
  return body
}

export function hasRightMac(body: Buffer, mac: Cmac): boolean {
  const end = body.length - MAC_BYTES
  return mac(body.subarray(0, end)).compare(body, end, body.length, 0, MAC_BYTES) === 0
}

/** On a line of characters, where a MAC is 16 of hex. */
export function hasRightHexMac(body: Buffer, mac: Cmac): boolean {
  const end = body.length - 2 * MAC_BYTES
  if (end < 0) return false
  return body.toString('latin1', end) === hexMac(body.subarray(0, end), mac)
}

function hexMac(input: Buffer, mac: Cmac): string {
  return mac(input).toString('hex', 0, MAC_BYTES).toUpperCase()
}

/** The set in DE 62 of the answer to a logon; throws where it is none. */
export function setOfLogon(master: Buffer, { fields }: WireMessage): SessionSet {
  const field = fields[62] ?? ''
  if (field.length !== 3 * BLOCK_CHARS) throw new Error('DE 62 is not three key blocks')
  const keys = ['M6C', 'P0E', 'D0D'].map((usage, index) =>
    keyOfBlock(master, field.slice(index * BLOCK_CHARS, (index + 1) * BLOCK_CHARS), usage),
  )
  const [macKey, , dataKey] = keys as [Buffer, Buffer, Buffer]
  return {
    mac: cmacOf(macKey),
    dataKey,
    transmission: fields[7] ?? '',
    keys: keys.map((key) => key.toString('hex')),
  }
}
