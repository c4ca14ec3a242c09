// What the codec needs of a field, worked out once for each dialect: a row of the field table as
// this dialect writes it. So neither decoding nor encoding asks again how a dialect writes digits.

import { packedBytes, readNumber } from './digits.ts'
import type { FieldSpec } from './field-spec.ts'
import { type Form, isPacked, rangeOf } from './form.ts'

/** What of a dialect decides how a field is written. */
export interface FieldWriting {
  readonly numeric: 'bcd' | 'ascii'
  readonly track2: 'bcd' | 'ascii'
  readonly lengths: 'bcd' | 'ascii'
  readonly binary: 'raw' | 'hex'
  /** Index = number of the data element. */
  readonly fields: ReadonlyArray<FieldSpec | undefined>
}

export interface Row {
  readonly form: Form
  readonly packed: boolean
  /** One byte a character, as it stands. */
  readonly plain: boolean
  /** The first and the last code where characters are out of one range; 0 where they are not. */
  readonly lowest: number
  readonly highest: number
  /** Bytes of a fixed field whose characters are out of one range; -1 for all others. */
  readonly plainBytes: number
  /** Bytes of the length in front; 0 for a fixed field. */
  readonly lengthBytes: number
  readonly lengthPacked: boolean
  /** Bytes of a fixed field; 0 where a length is in front. */
  readonly fixedBytes: number
  /** The greatest count, and of a fixed field the only one. */
  readonly maxCount: number
  readonly pad: 'zeros in front' | 'spaces behind' | 'none'
  readonly mac: boolean
}

export type Rows = ReadonlyArray<Row | undefined>

/** The rows of all messages, and those of an initialise reply, whose DE 62 is UTF-8. */
export interface RowSet {
  readonly ordinary: Rows
  readonly in0810: Rows
  /** The numbers of the MAC fields, ascending. */
  readonly macFields: readonly number[]
}

/** How many bytes a value of this count takes. */
export function valueBytes(row: Row, count: number): number {
  return bytesOf(row.packed, count)
}

function bytesOf(packed: boolean, count: number): number {
  return packed ? packedBytes(count) : count
}

/** The count of a field that was checked and begins at `at`. */
export function countAt(row: Row, wire: Buffer, at: number): number {
  if (row.lengthBytes === 0) return row.maxCount
  return readNumber(wire, at, row.lengthBytes, row.lengthPacked)
}

export function rowSet(writing: FieldWriting): RowSet {
  const rows = (in0810: boolean): Rows =>
    writing.fields.map((spec) => (spec === undefined ? undefined : rowOf(writing, spec, in0810)))
  const macFields = writing.fields.flatMap((spec, de) => (spec?.mac === true ? [de] : []))
  return { ordinary: rows(false), in0810: rows(true), macFields }
}

function rowOf(writing: FieldWriting, spec: FieldSpec, in0810: boolean): Row {
  const fixed = spec.lengthDigits === 0
  const form = formOf(writing, spec, in0810)
  const packed = isPacked(form)
  const { lowest, highest } = rangeOf(form)
  // [wire-protocol 1] A length counts the hex characters, so 999 stays 999; b 8 becomes 16.
  const maxCount = fixed && form === 'hex' ? spec.length * 2 : spec.length
  return {
    form,
    packed,
    plain: form === 'digits' || form === 'digits-track' || form === 'ascii',
    lowest,
    highest,
    plainBytes: fixed && highest > 0 ? maxCount : -1,
    lengthBytes: writing.lengths === 'ascii' ? spec.lengthDigits : (spec.lengthDigits + 1) >> 1,
    lengthPacked: writing.lengths === 'bcd',
    fixedBytes: fixed ? bytesOf(packed, maxCount) : 0,
    maxCount,
    pad: fixed ? padOf(spec) : 'none',
    mac: spec.mac,
  }
}

function formOf(writing: FieldWriting, spec: FieldSpec, in0810: boolean): Form {
  const packed = writing.numeric === 'bcd'
  switch (spec.format) {
    case 'n':
      if (!packed) return 'digits'
      return spec.lengthDigits === 0 ? 'packed' : 'packed-variable'
    case 'xn':
      return packed ? 'packed-signed' : 'digits-signed'
    case 'z':
      return writing.track2 === 'bcd' ? 'packed-track' : 'digits-track'
    case 'b':
      return writing.binary
    default:
      return spec.charset === 'utf8' || (spec.charset === 'utf8 in 0810' && in0810)
        ? 'utf8'
        : 'ascii'
  }
}

// [wire-protocol 1] A fixed an or ans is right-padded with spaces, n is left-padded with zeros.
function padOf(spec: FieldSpec): Row['pad'] {
  if (spec.format === 'n') return 'zeros in front'
  return spec.format === 'an' || spec.format === 'ans' ? 'spaces behind' : 'none'
}
