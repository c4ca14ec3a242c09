// The headerless file of MCI's 10,000 rial vouchers: seven columns, each row with its own date of
// expiry. The product is the same for all rows, so the catalogue is asked once.

import type { Day } from '../../protocol/values/moment.ts'
import type { BatchFormat, BatchRow, Refusal, RowContext } from './batch-format.ts'
import {
  checkPinDigits,
  checkSerial,
  columnsOf,
  dayOf,
  found,
  isDigits,
  isRefusal,
  productAt,
  refuse,
  wrongColumns,
} from './fields.ts'

// serial(11), PIN(14), type, 10000.0, IRR, DD-MON-YYYY, PIN length
const COLUMNS = 7
const PRICE = 10_000
/** 35: printed on demand; 37: in bulk. */
const TYPES = ['35', '37']
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

export const mciTenK: BatchFormat = {
  name: 'mci-10k',
  title: 'MCI, 10,000 rial vouchers',
  recognise: ([first = '']) => {
    const columns = columnsOf(first, ',')
    return columns.length > 4 && isDigits(columns[0] ?? '', 1, 99)
  },
  readHeader: (_lines, catalogue) => {
    const product = productAt(catalogue, 'MCI', PRICE)
    if (!isRefusal(product)) return { kind: 'header', header: { lines: 0, product } }
    const { message, hint = '' } = product
    return { kind: 'problems', problems: [{ line: 1, message, hint }] }
  },
  readRow,
  end: undefined,
  mixed: false,
  needsExpiry: false,
}

function readRow(line: string, context: RowContext): BatchRow | Refusal {
  const columns = columnsOf(line, ',')
  if (columns.length !== COLUMNS) return wrongColumns(COLUMNS, columns)
  const [serial = '', pinDigits = '', type = '', amount = '', currency = ''] = columns
  const [, , , , , date = '', pinLength = ''] = columns
  const refusal = checkSerial(serial, 11, 11) ?? checkPinDigits(pinDigits, 14)
  if (refusal !== undefined) return refusal
  if (!TYPES.includes(type)) return refuse(`type: 35 or 37 expected${found(type)}`)
  if (amount !== '10000.0' && amount !== '10000') {
    return refuse(`unknown denomination: 10000.0 expected${found(amount)}`)
  }
  if (currency !== 'IRR') return refuse(`currency: IRR expected${found(currency)}`)
  const expires = readMonthDate(date)
  if (isRefusal(expires)) return expires
  if (pinLength !== '14') return refuse(`PIN length: 14 expected${found(pinLength)}`)
  if (context.product === undefined) return refuse('the header names no product')
  return { kind: 'row', serial, pinDigits, product: context.product, expires }
}

/** DD-MON-YYYY, the month in English. */
function readMonthDate(text: string): Day | Refusal {
  const month = MONTHS.indexOf(text.slice(3, 6).toUpperCase()) + 1
  const digits = text.slice(0, 2) + text.slice(7)
  const inPlace = text.length === 11 && text[2] === '-' && text[6] === '-'
  if (!inPlace || month === 0 || !isDigits(digits, 6, 6)) {
    return refuse(`expiry: a date DD-MON-YYYY expected${found(text)}`)
  }
  const day = Number(digits.slice(2)) * 10_000 + month * 100 + Number(digits.slice(0, 2))
  return dayOf('expiry', text, day)
}
