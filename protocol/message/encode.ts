// Fields to bytes. The bitmap follows from the fields given. What does not fit the field table is
// our own bug and throws: whatever reached us from outside was decoded and checked before.

import { bitmapBytes, writeBitmap } from './bitmap.ts'
import { type Dialect, MTI_DIGITS, mtiBytes, mtiForm, rowsFor } from './dialect.ts'
import { writeNumber } from './digits.ts'
import { valueCount, writeValue } from './form.ts'
import { type Row, type Rows, valueBytes } from './row.ts'

export type Fields = { [de: number]: string }

/** Names the field, never its value. */
export class EncodeError extends Error {
  readonly code = 'ENCODE'

  constructor(field: string, reason: string) {
    super(`${field}: ${reason}`)
    this.name = 'EncodeError'
  }
}

/** MTI · bitmap · the fields in ascending order, each with its length in front when it has one. */
export function encode(dialect: Dialect, mti: string, fields: Fields): Buffer {
  const rows = rowsFor(dialect, mti)
  const numbers: number[] = []
  let size = 0
  // A walk over the table is faster than `Object.keys`, and in the order of the wire.
  for (let de = 0; de < rows.length; de++) {
    const value = fields[de]
    if (value === undefined) continue
    size += fieldBytes(rows[de], de, value)
    numbers.push(de)
  }
  if (numbers.length !== Object.keys(fields).length) refuseStrangers(rows, fields)
  const bitmapAt = mtiBytes(dialect)
  let at = bitmapAt + bitmapBytes(dialect, numbers)
  const wire = Buffer.allocUnsafe(at + size)
  writeMti(dialect, wire, mti)
  writeBitmap(dialect, wire, bitmapAt, numbers)
  const packedLengths = dialect.lengths === 'bcd'
  for (const de of numbers) at = writeField(rows[de], packedLengths, de, fields[de], wire, at)
  return wire
}

/** The walk over the table does not meet what lies beyond it. */
function refuseStrangers(rows: Rows, fields: Fields): void {
  for (const de of Object.keys(fields)) {
    if (rows[Number(de)] === undefined && fields[Number(de)] !== undefined) {
      throw new EncodeError(`DE ${de}`, 'not defined')
    }
  }
}

function writeMti(dialect: Dialect, wire: Buffer, mti: string): void {
  const version = mti.length === MTI_DIGITS && mti[0] === '0'
  if (!version || !writeValue(mtiForm(dialect), wire, 0, mti)) {
    throw new EncodeError('MTI', 'not one of this version')
  }
}

/** The bytes of a field, its length included; throws when the value is too long or too short. */
function fieldBytes(row: Row | undefined, de: number, given: string): number {
  if (row === undefined) throw new EncodeError(`DE ${de}`, 'not defined')
  const count = valueCount(row.form, padded(row, given))
  if (count > row.maxCount) throw new EncodeError(`DE ${de}`, `longer than ${row.maxCount}`)
  if (row.lengthBytes === 0 && count !== row.maxCount) {
    throw new EncodeError(`DE ${de}`, `shorter than ${row.maxCount}`)
  }
  return row.lengthBytes + valueBytes(row, count)
}

/** Writes what `fieldBytes` measured; gives the place after it. */
function writeField(
  row: Row | undefined,
  packedLengths: boolean,
  de: number,
  given: string | undefined,
  wire: Buffer,
  at: number,
): number {
  if (row === undefined || given === undefined) return at
  const value = padded(row, given)
  const count = valueCount(row.form, value)
  const start = at + row.lengthBytes
  if (row.lengthBytes > 0) writeNumber(wire, at, row.lengthBytes, packedLengths, count)
  if (!writeValue(row.form, wire, start, value)) {
    throw new EncodeError(`DE ${de}`, 'a character that its format does not have')
  }
  return start + valueBytes(row, count)
}

function padded(row: Row, value: string): string {
  if (row.pad === 'none' || value.length >= row.maxCount) return value
  if (row.pad === 'zeros in front') return value.padStart(row.maxCount, '0')
  return value.padEnd(row.maxCount, ' ')
}
