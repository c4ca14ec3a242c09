// The two formats with a title line: the files of an aggregator's repository, where MCI and
// Irancell stand mixed and which carry no date of expiry, and our own generic CSV. Values are
// digits and dates, so a quoted value holds no comma and one split reads a row.

import { parseProductId } from '../../protocol/values/identifiers.ts'
import { isReason } from '../../protocol/values/reason.ts'
import type {
  BatchFormat,
  BatchRow,
  HeaderResult,
  MobileOperatorName,
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
  PIN_DIGITS_MAX,
  PIN_DIGITS_MIN,
  pinRefusal,
  productAt,
  readAmount,
  readDate,
  readPinLength,
  refuse,
  trimSpaces,
  wrongColumns,
} from './fields.ts'

const SERIAL_DIGITS_MIN = 6

const AGGREGATOR_TITLE = ['operator', 'amount', 'pinlen', 'fileId', 'serial', 'x', 'pin']
const GENERIC_TITLE = ['serial', 'pin', 'product', 'expiry']

const COMPANIES: Readonly<Record<string, MobileOperatorName>> = { MCI: 'MCI', MTN: 'Irancell' }

export const aggregator: BatchFormat = {
  name: 'aggregator',
  title: 'aggregator repository',
  recognise: ([first = '']) => {
    const names = titleOf(first)
    return names.includes('pinlen') || names.includes('fileid') || companyOf(names) !== undefined
  },
  readHeader: readAggregatorHeader,
  readRow: readAggregatorRow,
  end: {
    text: ',,,,,,',
    required: false,
    isEnd: (line) => line.startsWith(',') && keyOf(line) === ',,,,,,',
  },
  mixed: true,
  needsExpiry: true,
}

function readAggregatorHeader(lines: readonly string[]): HeaderResult {
  const result = readTitle(lines, AGGREGATOR_TITLE)
  const reference = columnsOf(trimSpaces(lines[1] ?? ''), ',')[3] ?? ''
  if (result.kind !== 'header' || !isDigits(reference, 1, 7)) return result
  return { kind: 'header', header: { lines: 1, reference } }
}

function readAggregatorRow(line: string, context: RowContext): BatchRow | Refusal {
  const columns = columnsOf(line, ',')
  if (columns.length !== AGGREGATOR_TITLE.length) {
    return wrongColumns(AGGREGATOR_TITLE.length, columns)
  }
  const [company = '', amount = '', stated = '', fileId = ''] = columns
  const [, , , , serial = '', sixth = '', pinDigits = ''] = columns
  const mobileOperator = Object.hasOwn(COMPANIES, company) ? COMPANIES[company] : undefined
  if (mobileOperator === undefined) {
    return refuse(`unknown company: MCI or MTN expected${found(company)}`)
  }
  const price = readAmount('amount', amount)
  if (isRefusal(price)) return price
  const pinLength = readPinLength(stated)
  if (isRefusal(pinLength)) return pinLength
  if (!isDigits(fileId, 1, 7)) return refuse(`fileId: 1 to 7 digits expected${found(fileId)}`)
  if (context.reference !== undefined && fileId !== context.reference) {
    return refuse('fileId differs from the first row', 'import each file by itself')
  }
  const refusal = checkSerial(serial, SERIAL_DIGITS_MIN)
  if (refusal !== undefined) return refusal
  if (!isDigits(sixth, 1, 4)) return refuse(`column 6: digits expected${found(sixth)}`)
  if (!isDigits(pinDigits, pinLength, pinLength)) {
    return pinRefusal(pinDigits, `PIN: ${pinLength} digits stated`)
  }
  const product = productAt(context.catalogue, mobileOperator, price)
  if (isRefusal(product)) return product
  return { kind: 'row', serial, pinDigits, product, expires: context.expires }
}

export const generic: BatchFormat = {
  name: 'generic',
  title: 'generic CSV',
  recognise: ([first = '']) => {
    const names = titleOf(first)
    if (names.some((name) => name === 'product' || name === 'expiry')) return true
    return names.length === GENERIC_TITLE.length && names.every((name) => /^[\d-]+$/.test(name))
  },
  readHeader: (lines) => readTitle(lines, GENERIC_TITLE),
  readRow: readGenericRow,
  end: undefined,
  mixed: true,
  needsExpiry: false,
}

function readGenericRow(line: string, context: RowContext): BatchRow | Refusal {
  const columns = columnsOf(line, ',')
  if (columns.length !== GENERIC_TITLE.length) return wrongColumns(GENERIC_TITLE.length, columns)
  const [serial = '', pinDigits = '', productText = '', expiry = ''] = columns
  const refusal = checkSerial(serial, SERIAL_DIGITS_MIN)
  if (refusal !== undefined) return refusal
  if (!isDigits(pinDigits, PIN_DIGITS_MIN, PIN_DIGITS_MAX)) {
    return pinRefusal(pinDigits, `PIN: ${PIN_DIGITS_MIN} to ${PIN_DIGITS_MAX} digits expected`)
  }
  const product = parseProductId(productText)
  if (isReason(product)) return refuse(`product: 6 digits expected${found(productText)}`)
  if (!context.catalogue.has(product)) {
    return refuse(
      `unknown product: ${productText} is not in the catalogue`,
      'add the product to the catalogue, or correct the file',
    )
  }
  const expires = readDate('expiry', expiry)
  if (isRefusal(expires)) return expires
  return { kind: 'row', serial, pinDigits, product, expires }
}

function titleOf(line: string): string[] {
  return columnsOf(line, ',').map(keyOf)
}

function companyOf(names: readonly string[]): MobileOperatorName | undefined {
  return names.length > 4 ? COMPANIES[(names[0] ?? '').toUpperCase()] : undefined
}

function readTitle(lines: readonly string[], title: readonly string[]): HeaderResult {
  if (titleOf(lines[0] ?? '').join(',') === title.map(keyOf).join(',')) {
    return { kind: 'header', header: { lines: 1 } }
  }
  const message = `the title line must be "${title.join(',')}"`
  return { kind: 'problems', problems: [{ line: 1, message }] }
}
