// Bytes to message. One pass that checks every byte in place; no field becomes a string here, and
// what is noted of their places has one size. Strict: whatever is not exactly as the dialect says
// is a rejection that names the field and the reason. Never throws, never reads outside the frame,
// never guesses. What the values mean is not looked at.
// A fixed field of characters out of one range, which most are, takes a shortcut that only ever
// says yes; whatever it does not let through goes the long way, and that names what is wrong.

import { readBitmap, underRun } from './bitmap.ts'
import { type Dialect, mtiBytes, rowsFor } from './dialect.ts'
import { NON_DIGIT, readNumber } from './digits.ts'
import { bitsOf, dropFrom, eightsOf, emptyIndex, notePlace } from './field-index.ts'
import { valueFault } from './form.ts'
import { type FieldReader, type Message, WireMessage } from './message.ts'
import { isWithin } from './plain.ts'
import { countAt, type Row, valueBytes } from './row.ts'

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

/** The global is looked up by a function at every use, which costs more than some fields. */
const { isBuffer } = Buffer

/** All of this version, so that none is made for a message. */
const MTIS = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(4, '0'))

const NOTHING_READ: FieldReader = { has: () => false, get: () => undefined }

export function decode(dialect: Dialect, bytes: Uint8Array): Message | Rejection {
  const wire = bufferOver(bytes)
  const number = mtiNumber(dialect, wire)
  if (typeof number === 'string') return rejected('MTI', number, null, NOTHING_READ)
  const mti = MTIS[number] ?? ''

  const index = emptyIndex()
  const start = readBitmap(dialect, wire, mtiBytes(dialect), index)
  if (typeof start === 'string') return rejected('bitmap', start, mti, NOTHING_READ)

  const rows = rowsFor(dialect, mti)
  const message = new WireMessage(rows, wire, mti, index)
  let at = start
  const eights = eightsOf(index)
  for (let eight = 0; eight < eights; eight++) {
    notePlace(index, eight, at)
    const first = 8 * eight + 1
    let bits = bitsOf(index, eight)
    while (bits !== 0) {
      const zeros = Math.clz32(bits)
      bits ^= (1 << 31) >>> zeros
      const de = first + zeros
      const row = rows[de]
      if (row !== undefined && row.plainBytes > 0) {
        const end = at + row.plainBytes
        if (end <= wire.length && isWithin(wire, at, end, row.lowest, row.highest)) {
          at = end
          continue
        }
      }
      const after = row === undefined ? 'undefined field' : fieldEnd(row, wire, at)
      if (typeof after === 'string') {
        dropFrom(index, de)
        return rejected(de, after, mti, message)
      }
      at = after
    }
  }
  if (at === wire.length) return message
  return rejected('end', `trailing bytes: ${wire.length - at}`, mti, message)
}

/** The digits of the MTI as a number, or what is wrong with them. */
function mtiNumber(dialect: Dialect, wire: Buffer): number | string {
  const size = mtiBytes(dialect)
  if (wire.length < size) return underRun(size, wire.length)
  const number = readNumber(wire, 0, size, dialect.mti === 'bcd')
  if (number < 0) return NON_DIGIT
  // [ISO 8583:1987] The first digit is the version; 0 is the one whose fields are known here.
  return number < MTIS.length ? number : 'unknown MTI version'
}

/** The place after the field, or what is wrong with it. */
function fieldEnd(row: Row, wire: Buffer, at: number): number | string {
  const start = at + row.lengthBytes
  if (start > wire.length) return underRun(row.lengthBytes, wire.length - at)
  const count = countAt(row, wire, at)
  if (count < 0) return 'non-digit in the length'
  if (count > row.maxCount) return `length above the maximum: ${count} of ${row.maxCount}`

  const end = start + valueBytes(row, count)
  if (end > wire.length) return underRun(end - start, wire.length - start)
  return valueFault(row.form, wire, start, count) ?? end
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
  if (isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
