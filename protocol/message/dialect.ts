// The dialects: how MTI, bitmap, lengths and values become bytes, over one field table. Which
// dialect a link speaks is the link's setting; nothing here guesses it from the bytes.

import { FIELDS_1987 } from './fields-1987.ts'
import type { Form } from './form.ts'
import { type FieldWriting, type RowSet, type Rows, rowSet } from './row.ts'

/** What tells one dialect from another. */
export interface Writing extends FieldWriting {
  readonly name: string
  readonly mti: 'bcd' | 'ascii'
  readonly bitmap: 'binary' | 'hex'
}

export interface Dialect extends Writing {
  /** The fields as this dialect writes them. */
  readonly rows: RowSet
}

export type DialectName = 'iso87binary' | 'iso87ascii' | 'iso87ascii-binary-bitmap'

// [wire-protocol 1]
export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  iso87binary: dialect({
    name: 'iso87binary',
    mti: 'bcd',
    bitmap: 'binary',
    numeric: 'bcd',
    track2: 'bcd',
    lengths: 'bcd',
    binary: 'raw',
    fields: FIELDS_1987,
  }),
  iso87ascii: dialect({
    name: 'iso87ascii',
    mti: 'ascii',
    bitmap: 'hex',
    numeric: 'ascii',
    track2: 'ascii',
    lengths: 'ascii',
    binary: 'hex',
    fields: FIELDS_1987,
  }),
  'iso87ascii-binary-bitmap': dialect({
    name: 'iso87ascii-binary-bitmap',
    mti: 'ascii',
    bitmap: 'binary',
    numeric: 'ascii',
    track2: 'ascii',
    lengths: 'ascii',
    binary: 'raw',
    fields: FIELDS_1987,
  }),
}

/** The same dialect on a link that says its binary fields are hex characters. */
export function withHexBinary(base: Dialect): Dialect {
  return dialect({ ...base, binary: 'hex' })
}

export const MTI_DIGITS = 4

/** The MTI is written like a fixed field of four digits. */
export function mtiForm(dialect: Dialect): Form {
  return dialect.mti === 'bcd' ? 'packed' : 'digits'
}

export function mtiBytes(dialect: Dialect): number {
  return dialect.mti === 'bcd' ? 2 : MTI_DIGITS
}

export function rowsFor(dialect: Dialect, mti: string): Rows {
  return mti === '0810' ? dialect.rows.in0810 : dialect.rows.ordinary
}

function dialect(writing: Writing): Dialect {
  return { ...writing, rows: rowSet(writing) }
}
