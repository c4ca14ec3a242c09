// Two batch files of MCI: the old one with eleven header lines, and the new one between [BEGIN] and
// [END]. Rows of both are `serial PIN`; a file holds one product and one date of expiry. The
// headerless file of 10,000 rial vouchers is in mci-ten-k.ts.

import type {
  BatchCatalogue,
  BatchFormat,
  BatchRow,
  HeaderResult,
  Refusal,
  RowContext,
} from './batch-format.ts'
import { checkPinDigits, checkSerial, keyOf, productAt, refuse, trimSpaces } from './fields.ts'
import { checkMark, hasKey, readHeaderLines } from './header-lines.ts'

const SERIAL_DIGITS_MIN = 12

const OLD_KEYS = [
  'Batch',
  'Quantity',
  'Created Date',
  'Expired Date',
  'Face Value',
  'Validity',
  'Service Provider',
  'Card Distributor',
  'Card Currency',
  'Start SN',
]

/** Face value, net of 3 % VAT, to price: these files are from the years of that rate only. */
const OLD_PRICES: Readonly<Record<number, number>> = {
  19417: 20_000,
  48544: 50_000,
  97087: 100_000,
  194175: 200_000,
}

export const mciOld: BatchFormat = {
  name: 'mci-old',
  title: 'MCI, eleven header lines',
  recognise: (lines) => hasKey(lines, ['Batch', 'Created Date', 'Expired Date']),
  readHeader: readOldHeader,
  readRow: (line, context) => readPair(line, 13, context),
  end: undefined,
  mixed: false,
  needsExpiry: false,
}

function readOldHeader(lines: readonly string[], catalogue: BatchCatalogue): HeaderResult {
  const check = readHeaderLines(lines, OLD_KEYS)
  if ('kind' in check) return check
  const reference = check.digits('Batch')
  const quantity = check.count('Quantity')
  const created = check.date('Created Date')
  const expires = check.date('Expired Date')
  if (expires > 0 && expires < created)
    check.refuse('Expired Date', 'Expired Date is before Created Date')
  const product = check.product('Face Value', (net) => oldProduct(catalogue, net))
  check.digits('Validity')
  check.literal('Service Provider', 'MCI')
  check.literal('Card Currency', 'IRR')
  const serial = check.serial('Start SN', SERIAL_DIGITS_MIN)
  const blank = lines[OLD_KEYS.length]
  if (blank !== undefined && trimSpaces(blank) !== '') {
    check.problems.push({ line: 11, message: 'a blank line expected between header and rows' })
  }
  return check.result(() => ({
    lines: OLD_KEYS.length + 1,
    quantity: { count: quantity, line: check.line('Quantity') },
    startSerial: { serial, line: check.line('Start SN') },
    expiry: { day: expires, line: check.line('Expired Date') },
    reference,
    ...(product === undefined ? {} : { product }),
  }))
}

function oldProduct(catalogue: BatchCatalogue, net: number): BatchRow['product'] | Refusal {
  const price = OLD_PRICES[net]
  if (price !== undefined) return productAt(catalogue, 'MCI', price)
  return refuse(
    `unknown denomination: Face Value must be one of ${Object.keys(OLD_PRICES).join(', ')}`,
    'the face value of this format is net of 3 % VAT: 48544 is the 50,000 rial voucher',
  )
}

const NEW_KEYS = [
  'PackageId',
  'Quantity',
  'CardPrefix',
  'FaceValue',
  'StartDate',
  'StopDate',
  'Currency',
  ...resourceKeys(),
  'Start_Sequence',
]

function resourceKeys(): string[] {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  return numbers.flatMap((n) => [`ResID${n}`, `Resleft${n}`, `ResActiveDays${n}`])
}

export const mciNew: BatchFormat = {
  name: 'mci-new',
  title: 'MCI, [BEGIN] to [END]',
  recognise: (lines) => hasKey(lines, ['PackageId', 'CardPrefix', 'FaceValue']),
  readHeader: readNewHeader,
  readRow: (line, context) => readPair(line, 15, context),
  end: {
    text: '[END]',
    required: true,
    isEnd: (line) => line.startsWith('[') && keyOf(line) === '[end]',
  },
  mixed: false,
  needsExpiry: false,
}

function readNewHeader(lines: readonly string[], catalogue: BatchCatalogue): HeaderResult {
  const check = readHeaderLines(lines, NEW_KEYS)
  if ('kind' in check) return check
  const reference = check.digits('PackageId')
  const quantity = check.count('Quantity')
  check.digits('CardPrefix')
  const product = check.product('FaceValue', (price) => productAt(catalogue, 'MCI', price))
  const validFrom = check.date('StartDate')
  const expires = check.date('StopDate')
  if (expires > 0 && expires < validFrom) check.refuse('StopDate', 'StopDate is before StartDate')
  check.literal('Currency', 'IRR')
  for (const key of resourceKeys()) check.digits(key)
  const serial = check.serial('Start_Sequence', SERIAL_DIGITS_MIN)
  check.problems.push(...checkMark(lines, NEW_KEYS.length, '[BEGIN]'))
  return check.result(() => ({
    lines: NEW_KEYS.length + 1,
    quantity: { count: quantity, line: check.line('Quantity') },
    startSerial: { serial, line: check.line('Start_Sequence') },
    expiry: { day: expires, line: check.line('StopDate') },
    validFrom: { day: validFrom, line: check.line('StartDate') },
    reference,
    ...(product === undefined ? {} : { product }),
  }))
}

/** `serial PIN`, any number of spaces between. */
function readPair(line: string, pinLength: number, context: RowContext): BatchRow | Refusal {
  let space = line.indexOf(' ')
  if (space < 0) space = line.indexOf('\t')
  if (space < 0) return refuse('2 columns expected (serial, PIN), 1 found')
  const serial = trimSpaces(line.slice(0, space))
  const pinDigits = trimSpaces(line.slice(space))
  const refusal = checkSerial(serial, SERIAL_DIGITS_MIN) ?? checkPinDigits(pinDigits, pinLength)
  if (refusal !== undefined) return refusal
  const { product, expires } = context
  if (product === undefined) return refuse('the header names no product')
  return { kind: 'row', serial, pinDigits, product, expires }
}
