// Fields to bytes: measured, then written in one pass into a frame of that size; no value becomes a
// buffer of its own. The bitmap follows from the fields given. What does not fit the field table is
// our own bug and throws: whatever reached us from outside was decoded and checked before.
// Most values are characters of one byte out of one range of codes, and those are written without
// a look at their form; the first pass has a shortcut for those as long as their fixed field.

import { bitmapBytes, writeBitmap } from './bitmap.ts'
import { type Dialect, MTI_DIGITS, mtiBytes, mtiForm, rowsFor } from './dialect.ts'
import { writeNumber } from './digits.ts'
import { type BitmapWords, putIn } from './field-index.ts'
import { FieldList, type GivenFields } from './field-list.ts'
import { valueCount, writeValue } from './form.ts'
import { writeWithin } from './plain.ts'
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
  const bitmap = list.bitmap()
  let size = bytesOf(rows, list, bitmap)
  if (mac !== undefined) {
    putIn(bitmap, mac)
    size += rows[mac]?.fixedBytes ?? 0
  }
  const bitmapAt = mtiBytes(dialect)
  const valuesAt = bitmapAt + bitmapBytes(dialect, bitmap)
  const wire = allocUnsafe(valuesAt + size)
  writeMti(dialect, wire, mti)
  writeBitmap(dialect, wire, bitmapAt, bitmap)
  const end = writeFields(rows, list, bitmap, wire, valuesAt)
  if (end < wire.length) wire.fill(0, end)
  return wire
}

/** How many bytes the fields take; throws when one is not defined, or of a wrong length. */
function bytesOf(rows: Rows, { values, stranger }: FieldList, bitmap: BitmapWords): number {
  let size = 0
  let next = 0
  for (let word = 0; word < bitmap.length; word++) {
    let bits = bitmap[word] ?? 0
    while (bits !== 0) {
      const zeros = Math.clz32(bits)
      bits ^= (1 << 31) >>> zeros
      const de = 32 * word + 1 + zeros
      const row = rows[de]
      if (row === undefined) throw wrong(de, NOT_DEFINED)
      const value = values[next++] ?? ''
      size += value.length === row.plainBytes ? value.length : fieldBytes(row, de, value)
    }
  }
  if (stranger !== undefined) throw wrong(stranger, NOT_DEFINED)
  return size
}

/** Gives the place after the last one that has a value. */
function writeFields(
  rows: Rows,
  { values }: FieldList,
  bitmap: BitmapWords,
  wire: Buffer,
  start: number,
): number {
  let at = start
  let next = 0
  for (let word = 0; word < bitmap.length; word++) {
    let bits = bitmap[word] ?? 0
    while (bits !== 0 && next < values.length) {
      const zeros = Math.clz32(bits)
      bits ^= (1 << 31) >>> zeros
      const de = 32 * word + 1 + zeros
      const row = rows[de]
      const value = values[next++] ?? ''
      if (row === undefined) continue
      at =
        row.highest > 0 ? writePlain(row, de, value, wire, at) : writeForm(row, de, value, wire, at)
    }
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
function fieldBytes(row: Row, de: number, value: string): number {
  const count = valueCount(row.form, value)
  if (count > row.maxCount) throw wrongLength(de, 'longer', row)
  if (row.lengthBytes > 0) return row.lengthBytes + valueBytes(row, count)
  if (count < row.maxCount && row.pad === 'none') throw wrongLength(de, 'shorter', row)
  return row.fixedBytes
}

/** Writes what `fieldBytes` measured, characters out of one range; gives the place after it. */
function writePlain(row: Row, de: number, value: string, wire: Buffer, at: number): number {
  const { lengthBytes, lowest, highest } = row
  const start = at + lengthBytes
  let whole = value
  if (lengthBytes > 0) writeNumber(wire, at, lengthBytes, row.lengthPacked, value.length)
  else if (value.length < row.maxCount) whole = padded(row, value)
  if (!writeWithin(wire, start, whole, lowest, highest)) throw wrong(de, WRONG_CHARACTER)
  return start + whole.length
}

/** The same of every other form. */
function writeForm(row: Row, de: number, value: string, wire: Buffer, at: number): number {
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
  if (!writeValue(row.form, wire, start, whole)) throw wrong(de, WRONG_CHARACTER)
  return end
}

function padded({ pad, maxCount }: Row, value: string): string {
  if (pad === 'none') return value
  return pad === 'zeros in front' ? value.padStart(maxCount, '0') : value.padEnd(maxCount, ' ')
}

const NOT_DEFINED = 'not defined'
const WRONG_CHARACTER = 'a character that its format does not have'

// The texts are put together out of the loops: in them, the compiler would turn the number of every
// field into text, thrown or not, because that has no effect and serves several throws.

function wrong(de: number, reason: string): EncodeError {
  return new EncodeError(`DE ${de}`, reason)
}

function wrongLength(de: number, than: 'longer' | 'shorter', { maxCount }: Row): EncodeError {
  return wrong(de, `${than} than ${maxCount}`)
}
