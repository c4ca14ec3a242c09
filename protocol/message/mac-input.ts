// Which bytes a MAC covers and where it goes. [wire-protocol 3.5] The MAC is the last field, over
// everything from the MTI to the byte before it, with its own bit set in the bitmap. How it is
// computed is not known here.

import { writeHexOf } from './binary.ts'
import { type Dialect, rowsFor } from './dialect.ts'
import { EncodeError, encode, encodeBefore } from './encode.ts'
import { FieldList, type GivenFields } from './field-list.ts'
import type { Message } from './message.ts'

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
  const { bytes, macOffset } = message
  if (macOffset < 0) return false
  const mac = bytes.subarray(macOffset)
  // A link that writes binary fields as hex has twice as many.
  const raw =
    mac.length === MAC_BYTES ? mac : Buffer.from(Buffer.from(mac).toString('latin1'), 'hex')
  return fits(bytes.subarray(0, macOffset), raw)
}

/**
 * Encodes the fields (without a MAC) and puts the MAC of the bytes before it at the end; without
 * `compute`, which is whoever has no keys, there is none.
 */
export function encodeWithMac(
  dialect: Dialect,
  mti: string,
  fields: GivenFields,
  compute: ((input: Buffer) => Uint8Array) | undefined,
): Buffer {
  if (compute === undefined) return encode(dialect, mti, fields)
  const list = fields instanceof FieldList ? fields : FieldList.of(fields)
  const de = dialect.rows.macFields.find((field) => field > list.last)
  const row = de === undefined ? undefined : rowsFor(dialect, mti)[de]
  if (de === undefined || row === undefined) throw new EncodeError('MAC', 'no field is left for it')
  const wire = encodeBefore(dialect, mti, list, de)
  const at = wire.length - row.fixedBytes
  const mac = compute(wire.subarray(0, at))
  if (mac.length !== MAC_BYTES) throw new EncodeError(`DE ${de}`, 'a MAC has 8 bytes')
  if (row.form === 'hex') writeHexOf(wire, at, mac)
  else wire.set(mac, at)
  return wire
}
