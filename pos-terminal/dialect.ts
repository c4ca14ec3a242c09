// The terminal's own opinion of the wire: its field table and its three dialects, written from the
// protocol page and not taken from `protocol/message`. Both ends of a test share the codec engine,
// so a wrong row in one table must meet a right row in the other.

import type { Dialect } from '../protocol/message/dialect.ts'
import type { FieldSpec } from '../protocol/message/field-spec.ts'
import { rowSet } from '../protocol/message/row.ts'

type Row = readonly [number, FieldSpec['format'], number, 0 | 2 | 3, string, FieldSpec['secrecy']?]

/** What a terminal without a bank's extras sends and reads; any other field is not understood. */
const ROWS: readonly Row[] = [
  [2, 'n', 19, 2, 'card number', 'pan'],
  [3, 'n', 6, 0, 'processing code'],
  [4, 'n', 12, 0, 'amount'],
  [7, 'n', 10, 0, 'transmission date and time'],
  [11, 'n', 6, 0, 'STAN'],
  [12, 'n', 6, 0, 'local time'],
  [13, 'n', 4, 0, 'local date'],
  [14, 'n', 4, 0, 'expiry date', 'secret'],
  [15, 'n', 4, 0, 'settlement date'],
  [22, 'n', 3, 0, 'entry mode'],
  [24, 'n', 3, 0, 'network id'],
  [25, 'n', 2, 0, 'condition code'],
  [35, 'z', 37, 2, 'track 2', 'track'],
  [37, 'an', 12, 0, 'RRN'],
  [38, 'an', 6, 0, 'approval code'],
  [39, 'an', 2, 0, 'response code'],
  [41, 'ans', 8, 0, 'terminal id'],
  [42, 'ans', 15, 0, 'merchant id'],
  [43, 'ans', 40, 0, 'merchant name'],
  [44, 'ans', 25, 2, 'response text'],
  [48, 'ans', 999, 3, 'product, totals or original'],
  [49, 'an', 3, 0, 'currency'],
  [52, 'b', 8, 0, 'PIN block', 'secret'],
  [54, 'ans', 120, 3, 'additional amounts'],
  [55, 'b', 999, 3, 'chip data', 'secret'],
  [60, 'ans', 999, 3, 'terminal status'],
  [61, 'ans', 999, 3, 'PIN block, format 4', 'secret'],
  [62, 'ans', 999, 3, 'vouchers or catalogue', 'secret'],
  [63, 'ans', 999, 3, 'receipt lines'],
  [64, 'b', 8, 0, 'MAC', 'secret'],
]

const MAC = 64

/** UTF-8 stands in the catalogue of DE 62 and in the receipt lines of DE 63, ASCII elsewhere. */
function charsetOf(de: number): FieldSpec['charset'] {
  if (de === 62) return 'utf8 in 0810'
  return de === 63 ? 'utf8' : 'ascii'
}

function table(rows: readonly Row[]): ReadonlyArray<FieldSpec | undefined> {
  const fields: (FieldSpec | undefined)[] = new Array(129).fill(undefined)
  for (const [de, format, length, lengthDigits, name, secrecy] of rows) {
    fields[de] = {
      name,
      format,
      length,
      lengthDigits,
      charset: charsetOf(de),
      secrecy: secrecy ?? 'public',
      mac: de === MAC,
    }
  }
  return fields
}

const fields = table(ROWS)

export const TERMINAL_DIALECTS = {
  iso87binary: spoken({
    name: 'iso87binary',
    mti: 'bcd',
    bitmap: 'binary',
    numeric: 'bcd',
    track2: 'bcd',
    lengths: 'bcd',
    binary: 'raw',
    fields,
  }),
  iso87ascii: spoken({
    name: 'iso87ascii',
    mti: 'ascii',
    bitmap: 'hex',
    numeric: 'ascii',
    track2: 'ascii',
    lengths: 'ascii',
    binary: 'hex',
    fields,
  }),
  'iso87ascii-binary-bitmap': spoken({
    name: 'iso87ascii-binary-bitmap',
    mti: 'ascii',
    bitmap: 'binary',
    numeric: 'ascii',
    track2: 'ascii',
    lengths: 'ascii',
    binary: 'raw',
    fields,
  }),
} as const satisfies Record<string, Dialect>

function spoken(writing: Omit<Dialect, 'rows'>): Dialect {
  return { ...writing, rows: rowSet(writing) }
}

export type TerminalDialectName = keyof typeof TERMINAL_DIALECTS

/** The reply a request waits for; a terminal knows its pairs by heart. */
export const REPLY_MTI: Readonly<Record<string, string>> = {
  '0100': '0110',
  '0200': '0210',
  '0201': '0210',
  '0220': '0230',
  '0221': '0230',
  '0400': '0410',
  '0401': '0410',
  '0500': '0510',
  '0501': '0510',
  '0800': '0810',
}
