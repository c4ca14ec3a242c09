// Batch files of Irancell: no header, twelve columns between pipes. Only the year of expiry is
// given, so a voucher expires on its last day. A file holds one file number and one denomination.

import type { BatchFormat, BatchRow, HeaderResult, Refusal, RowContext } from './batch-format.ts'
import {
  checkSerial,
  columnsOf,
  found,
  isDigits,
  isRefusal,
  pinRefusal,
  productAt,
  readAmount,
  refuse,
  trimSpaces,
  wrongColumns,
} from './fields.ts'

// company|amount|amount|file number|year|BIN|fixed|serial|PIN|fixed|help desk|country
const COLUMNS = 12
const FILE_NUMBER_COLUMN = 3

/** MTN in the files; the organisation codes of Irancell in older ones. */
const COMPANIES = ['MTN', '9935', '9936']

/** 16 digits; 12 in earlier files. */
const PIN_LENGTHS = [16, 12]

export const irancell: BatchFormat = {
  name: 'irancell',
  title: 'Irancell',
  recognise: ([first = '']) => first.includes('|'),
  readHeader,
  readRow,
  end: undefined,
  mixed: false,
  needsExpiry: false,
}

/** There is none: the first row says which file this is. */
function readHeader(lines: readonly string[]): HeaderResult {
  const reference = columnsOf(trimSpaces(lines[0] ?? ''), '|')[FILE_NUMBER_COLUMN] ?? ''
  const known = isDigits(reference, 1, 7)
  return { kind: 'header', header: known ? { lines: 0, reference } : { lines: 0 } }
}

function readRow(line: string, context: RowContext): BatchRow | Refusal {
  const columns = columnsOf(line, '|')
  if (columns.length !== COLUMNS) return wrongColumns(COLUMNS, columns)
  const [company = '', amount = '', amountAgain = '', fileNumber = '', year = ''] = columns
  const [, , , , , bin = '', fixed = '', serial = '', pinDigits = ''] = columns
  const [, , , , , , , , , fixedAgain = '', helpDesk = '', country = ''] = columns
  if (!COMPANIES.includes(company)) return refuse(`unknown company: MTN expected${found(company)}`)
  const price = readAmount('amount', amount)
  if (isRefusal(price)) return price
  const priceAgain = readAmount('second amount', amountAgain)
  if (isRefusal(priceAgain)) return priceAgain
  if (price !== priceAgain) return refuse('the two amounts differ')
  const refusal = checkConstant(fileNumber, context.reference) ?? checkSerial(serial, 12)
  if (refusal !== undefined) return refusal
  if (!PIN_LENGTHS.some((length) => isDigits(pinDigits, length, length))) {
    return pinRefusal(pinDigits, 'PIN: 16 or 12 digits expected')
  }
  const expires = readYear(year)
  if (isRefusal(expires)) return expires
  if (!isDigits(bin, 6, 6)) return refuse(`BIN: 6 digits expected${found(bin)}`)
  if (!isDigits(fixed, 1, 4)) return refuse(`column 7: digits expected${found(fixed)}`)
  if (!isDigits(fixedAgain, 1, 4)) return refuse(`column 10: digits expected${found(fixedAgain)}`)
  if (!isDigits(helpDesk, 3, 15)) return refuse('help desk: a telephone number expected')
  if (country.toLowerCase() !== 'ir') return refuse(`country: ir expected${found(country)}`)
  const product = productAt(context.catalogue, 'Irancell', price)
  if (isRefusal(product)) return product
  return { kind: 'row', serial, pinDigits, product, expires }
}

function checkConstant(fileNumber: string, reference: string | undefined): Refusal | undefined {
  if (!isDigits(fileNumber, 1, 7)) {
    return refuse(`file number: 1 to 7 digits expected${found(fileNumber)}`)
  }
  if (reference === undefined || fileNumber === reference) return undefined
  return refuse('file number differs from the first row', 'import each file by itself')
}

function readYear(text: string): number | Refusal {
  const year = isDigits(text, 4, 4) ? Number(text) : 0
  if (year >= 2000 && year <= 2099) return year * 10_000 + 1231
  const hint = 'dates of batch files are Gregorian, not Solar Hijri'
  const message = `expiry: a year from 2000 to 2099 expected${found(text)}`
  return year >= 1300 && year < 1500 ? refuse(message, hint) : refuse(message)
}
