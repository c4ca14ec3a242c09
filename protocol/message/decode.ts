// Bytes to message. One pass that checks every byte in place and notes where the fields lie; no
// field becomes a string here. Strict: whatever is not exactly as the dialect says is a rejection
// that names the field and the reason. Never throws, never reads outside the frame, never guesses.
// What the values mean is not looked at.

import { readBitmap, underRun } from './bitmap.ts'
import { type Dialect, MTI_DIGITS, mtiBytes, mtiForm, rowsFor } from './dialect.ts'
import { readNumber } from './digits.ts'
import { readValue, valueFault } from './form.ts'
import { type FieldReader, type Message, WireMessage } from './message.ts'
import { type Row, valueBytes } from './row.ts'

/** `end` stands for what follows the last field. */
export type RejectedAt = number | 'MTI' | 'bitmap' | 'end'

export interface Rejection {
  readonly kind: 'rejected'
  readonly field: RejectedAt
  readonly reason: string
  /** Null when the MTI itself was not readable. */
  readonly mti: string | null
  /** The fields before the first wrong one. */
  readonly read: FieldReader
  readonly bitmapRead: boolean
}

const NOTHING_READ: FieldReader = { has: () => false, get: () => undefined }

export function decode(dialect: Dialect, bytes: Uint8Array): Message | Rejection {
  const wire = bufferOver(bytes)
  const mtiFault = mtiFaultOf(dialect, wire)
  if (mtiFault !== undefined) return rejected('MTI', mtiFault, null, NOTHING_READ)
  const mti = readValue(mtiForm(dialect), wire, 0, MTI_DIGITS)

  const announced: number[] = []
  let at = readBitmap(dialect, wire, mtiBytes(dialect), announced)
  if (typeof at === 'string') return rejected('bitmap', at, mti, NOTHING_READ)

  const rows = rowsFor(dialect, mti)
  const message = new WireMessage(rows, wire, mti, announced)
  const packedLengths = dialect.lengths === 'bcd'
  for (const de of announced) {
    const row = rows[de]
    if (row === undefined) return rejected(de, 'undefined field', mti, message)
    const after = readField(row, packedLengths, wire, at, message)
    if (typeof after === 'string') return rejected(de, after, mti, message)
    at = after
  }
  if (at === wire.length) return message
  return rejected('end', `trailing bytes: ${wire.length - at}`, mti, message)
}

function mtiFaultOf(dialect: Dialect, wire: Buffer): string | undefined {
  const form = mtiForm(dialect)
  const size = mtiBytes(dialect)
  if (wire.length < size) return underRun(size, wire.length)
  const fault = valueFault(form, wire, 0, MTI_DIGITS)
  if (fault !== undefined) return fault
  // [ISO 8583:1987] The first digit is the version; 0 is the one whose fields are known here.
  const version = dialect.mti === 'bcd' ? (wire[0] ?? 0) >> 4 : (wire[0] ?? 0) - 0x30
  return version === 0 ? undefined : 'unknown MTI version'
}

/** Notes where the field lies; gives the place after it, or what is wrong with it. */
function readField(
  row: Row,
  packedLengths: boolean,
  wire: Buffer,
  at: number,
  message: WireMessage,
): number | string {
  const start = at + row.lengthBytes
  if (start > wire.length) return underRun(row.lengthBytes, wire.length - at)
  const count =
    row.lengthBytes === 0 ? row.maxCount : readNumber(wire, at, row.lengthBytes, packedLengths)
  if (count < 0) return 'non-digit in the length'
  if (count > row.maxCount) return `length above the maximum: ${count} of ${row.maxCount}`

  const end = start + valueBytes(row, count)
  if (end > wire.length) return underRun(end - start, wire.length - start)
  const fault = valueFault(row.form, wire, start, count)
  if (fault !== undefined) return fault
  message.add(start, count)
  return end
}

function rejected(
  field: RejectedAt,
  reason: string,
  mti: string | null,
  read: FieldReader,
): Rejection {
  const bitmapRead = field !== 'MTI' && field !== 'bitmap'
  return { kind: 'rejected', field, reason, mti, read, bitmapRead }
}

function bufferOver(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
