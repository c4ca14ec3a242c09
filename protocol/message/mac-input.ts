// Which bytes a MAC covers and where it goes. [wire-protocol 3.5] The MAC is the last field, over
// everything from the MTI to the byte before it, with its own bit set in the bitmap. How it is
// computed is not known here.

import { type Dialect, rowsFor } from './dialect.ts'
import { EncodeError, encode, type Fields } from './encode.ts'
import { writeValue } from './form.ts'
import type { Message } from './message.ts'
import { valueBytes } from './row.ts'

const MAC_BYTES = 8

/** What the MAC of this message was computed over; undefined when it carries none. */
export function macInput(message: Message): Uint8Array | undefined {
  return message.macOffset < 0 ? undefined : message.bytes.subarray(0, message.macOffset)
}

/** Whether the message carries a MAC that fits; `fits` computes and compares. */
export function hasMac(
  message: Message,
  fits: (input: Uint8Array, mac: Uint8Array) => boolean,
): boolean {
  const input = macInput(message)
  const last = message.numbers().at(-1)
  if (input === undefined || last === undefined) return false
  return fits(input, Buffer.from(message.get(last) ?? '', 'hex'))
}

/** The field that carries the MAC: the first MAC field behind all the others. */
function macField(dialect: Dialect, fields: Fields): number | undefined {
  const last = Math.max(0, ...Object.keys(fields).map(Number))
  const found = dialect.fields.findIndex((spec, de) => spec?.mac === true && de > last)
  return found < 0 ? undefined : found
}

/**
 * Encodes the fields (without a MAC) and puts the MAC of the bytes before it at the end; without
 * `compute`, which is whoever has no keys, there is none.
 */
export function encodeWithMac(
  dialect: Dialect,
  mti: string,
  fields: Fields,
  compute: ((input: Buffer) => Uint8Array) | undefined,
): Buffer {
  if (compute === undefined) return encode(dialect, mti, fields)
  const de = macField(dialect, fields)
  const row = de === undefined ? undefined : rowsFor(dialect, mti)[de]
  if (de === undefined || row === undefined) throw new EncodeError('MAC', 'no field is left for it')
  const size = valueBytes(row, row.maxCount)
  const wire = encode(dialect, mti, { ...fields, [de]: '0'.repeat(MAC_BYTES * 2) })
  const at = wire.length - size
  const mac = Buffer.from(compute(wire.subarray(0, at)))
  if (mac.length !== MAC_BYTES) throw new EncodeError(`DE ${de}`, 'a MAC has 8 bytes')
  writeValue(row.form, wire, at, mac.toString('hex'))
  return wire
}
