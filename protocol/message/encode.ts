// Fields to bytes: measured, then written in one pass into a frame of that size; no value becomes a
// buffer of its own. The bitmap follows from the fields given. What does not fit the field table is
// our own bug and throws: whatever reached us from outside was decoded and checked before.

import { bitmapBytes, writeBitmap } from './bitmap.ts'
import { type Dialect, MTI_DIGITS, mtiBytes, mtiForm, rowsFor } from './dialect.ts'
import { writeDigits, writeNumber } from './digits.ts'
import { FieldList, type GivenFields } from './field-list.ts'
import { valueCount, writeValue } from './form.ts'
import { type Row, type Rows, valueBytes } from './row.ts'

export type { Fields } from './field-list.ts'

/** The global is looked up by a function at every use, which costs more than some fields. */
const { allocUnsafe } = Buffer

/** Names the field, never its value. */
export class EncodeError extends Error {
  readonly code = 'ENCODE'

  constructor(field: string, reason: string) {
    super(`${field}: ${reason}`)
    this.name = 'EncodeError'
  }
}

/** MTI · bitmap · the fields in ascending order, each with its length in front when it has one. */
export function encode(dialect: Dialect, mti: string, fields: GivenFields): Buffer {
  return encodeBefore(dialect, mti, fields, undefined)
}

/** `mac`: the fixed field behind all others, announced, and with zero bytes for its value. */
export function encodeBefore(
  dialect: Dialect,
  mti: string,
  fields: GivenFields,
  mac: number | undefined,
): Buffer {
  const rows = rowsFor(dialect, mti)
  const list = fields instanceof FieldList ? fields : FieldList.of(fields)
  const bitmap = [0, 0, 0, 0]
  const size =
    announce(rows, list, bitmap) + (mac === undefined ? 0 : announceMac(rows, mac, bitmap))
  const bitmapAt = mtiBytes(dialect)
  const valuesAt = bitmapAt + bitmapBytes(dialect, bitmap)
  const wire = allocUnsafe(valuesAt + size)
  writeMti(dialect, wire, mti)
  writeBitmap(dialect, wire, bitmapAt, bitmap)
  const end = writeFields(rows, list, wire, valuesAt)
  if (end < wire.length) wire.fill(0, end)
  return wire
}

/** Sets the bits of the fields, and gives how many bytes they take. */
function announce(rows: Rows, { numbers, values }: FieldList, bitmap: number[]): number {
  let size = 0
  for (let i = 0; i < numbers.length; i++) {
    const de = numbers[i] ?? 0
    size += fieldBytes(rows[de], de, values[i] ?? '')
    setBit(bitmap, de)
  }
  return size
}

function announceMac(rows: Rows, de: number, bitmap: number[]): number {
  setBit(bitmap, de)
  return rows[de]?.fixedBytes ?? 0
}

function setBit(bitmap: number[], de: number): void {
  const word = (de - 1) >> 5
  bitmap[word] = (bitmap[word] ?? 0) | (1 << (31 - ((de - 1) & 31)))
}

/** Gives the place after the last one. */
function writeFields(
  rows: Rows,
  { numbers, values }: FieldList,
  wire: Buffer,
  start: number,
): number {
  let at = start
  for (let i = 0; i < numbers.length; i++) {
    const de = numbers[i] ?? 0
    at = writeField(rows[de], de, values[i] ?? '', wire, at)
  }
  return at
}

function writeMti(dialect: Dialect, wire: Buffer, mti: string): void {
  const version = mti.length === MTI_DIGITS && mti[0] === '0'
  if (!version || !writeValue(mtiForm(dialect), wire, 0, mti)) {
    throw new EncodeError('MTI', 'not one of this version')
  }
}

/** The bytes of a field, its length included; throws when the value is too long or too short. */
function fieldBytes(row: Row | undefined, de: number, value: string): number {
  if (row === undefined) throw new EncodeError(`DE ${de}`, 'not defined')
  const count = valueCount(row.form, value)
  if (count > row.maxCount) throw new EncodeError(`DE ${de}`, `longer than ${row.maxCount}`)
  if (row.lengthBytes > 0) return row.lengthBytes + valueBytes(row, count)
  if (count < row.maxCount && row.pad === 'none') {
    throw new EncodeError(`DE ${de}`, `shorter than ${row.maxCount}`)
  }
  return row.fixedBytes
}

/** Writes what `fieldBytes` measured; gives the place after it. */
function writeField(
  row: Row | undefined,
  de: number,
  value: string,
  wire: Buffer,
  at: number,
): number {
  if (row === undefined) return at
  let end = at + row.fixedBytes
  let whole = value
  if (row.lengthBytes > 0) {
    const count = valueCount(row.form, value)
    writeNumber(wire, at, row.lengthBytes, row.lengthPacked, count)
    end = at + row.lengthBytes + valueBytes(row, count)
  } else if (value.length < row.maxCount) {
    whole = padded(row, value)
  }
  const start = at + row.lengthBytes
  const { form } = row
  // The form that most fields have, without the way along all forms.
  const isWritten =
    form === 'digits' ? writeDigits(wire, start, whole) : writeValue(form, wire, start, whole)
  if (!isWritten) {
    throw new EncodeError(`DE ${de}`, 'a character that its format does not have')
  }
  return end
}

function padded({ pad, maxCount }: Row, value: string): string {
  if (pad === 'none') return value
  return pad === 'zeros in front' ? value.padStart(maxCount, '0') : value.padEnd(maxCount, ' ')
}
