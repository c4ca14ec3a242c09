// Batch files of RighTel: five header lines, then rows `serial;PIN;x;PIN length` between `start`
// and `end`. The file carries no date of expiry.

import type {
  BatchCatalogue,
  BatchFormat,
  BatchRow,
  HeaderResult,
  Refusal,
  RowContext,
} from './batch-format.ts'
import {
  checkSerial,
  columnsOf,
  found,
  isDigits,
  isRefusal,
  keyOf,
  pinRefusal,
  productAt,
  readPinLength,
  refuse,
  wrongColumns,
} from './fields.ts'
import { checkMark, hasKey, readHeaderLines } from './header-lines.ts'

const KEYS = ['quantity', 'par value', 'batchno', 'startcardno', 'create date']
const SERIAL_DIGITS_MIN = 6
const COLUMNS = 4

export const rightel: BatchFormat = {
  name: 'rightel',
  title: 'RighTel',
  recognise: (lines) => hasKey(lines, ['par value', 'batchno', 'startcardno']),
  readHeader,
  readRow,
  end: {
    text: 'end',
    required: true,
    isEnd: (line) => line.length < 20 && keyOf(line) === 'end',
  },
  mixed: false,
  needsExpiry: true,
}

function readHeader(lines: readonly string[], catalogue: BatchCatalogue): HeaderResult {
  const check = readHeaderLines(lines, KEYS)
  if ('kind' in check) return check
  const quantity = check.count('quantity')
  const product = check.product('par value', (price) => productAt(catalogue, 'RighTel', price))
  const reference = check.digits('batchno')
  const serial = check.serial('startcardno', SERIAL_DIGITS_MIN)
  check.date('create date')
  check.problems.push(...checkMark(lines, KEYS.length, 'start'))
  return check.result(() => ({
    lines: KEYS.length + 1,
    quantity: { count: quantity, line: check.line('quantity') },
    startSerial: { serial, line: check.line('startcardno') },
    reference,
    ...(product === undefined ? {} : { product }),
  }))
}

function readRow(line: string, context: RowContext): BatchRow | Refusal {
  const columns = columnsOf(line, ';')
  if (columns.length !== COLUMNS) return wrongColumns(COLUMNS, columns)
  const [serial = '', pinDigits = '', third = '', stated = ''] = columns
  const refusal = checkSerial(serial, SERIAL_DIGITS_MIN)
  if (refusal !== undefined) return refusal
  const pinLength = readPinLength(stated)
  if (isRefusal(pinLength)) return pinLength
  if (!isDigits(pinDigits, pinLength, pinLength)) {
    return pinRefusal(pinDigits, `PIN: ${pinLength} digits stated`)
  }
  if (!isDigits(third, 1, 4)) return refuse(`column 3: digits expected${found(third)}`)
  const { product, expires } = context
  if (product === undefined) return refuse('the header names no product')
  return { kind: 'row', serial, pinDigits, product, expires }
}
