// Reads the catalogue file: which products are sold, at what price and VAT rate, and how they are
// redeemed, each from a date on. It checks the file in itself; what the store makes of it is not
// its business. A file with a problem is refused as a whole.

import { type CsvError, type Info, parse } from 'csv-parse/sync'
import { type ProductId, parseProductId } from '../protocol/values/identifiers.ts'
import type { Day } from '../protocol/values/moment.ts'
import { isReason } from '../protocol/values/reason.ts'
import { type Rial, toRial } from '../protocol/values/rial.ts'
import type { BatchProblem, Refusal } from './batch-formats/batch-format.ts'
import { found, isDigits, isRefusal, keyOf, readDate, refuse } from './batch-formats/fields.ts'
import { asciiDigits } from './batch-formats/line-reader.ts'

export interface CatalogueProduct {
  readonly line: number
  readonly product: ProductId
  /** As the file names it: MCI, Irancell, RighTel, Taliya, ... */
  readonly mobileOperator: string
  readonly nameEn: string
  readonly nameFa: string
  readonly priceRial: Rial
  /** Hundredths of a percent, so that sums stay exact: 1000 is 10 %. */
  readonly vatBasisPoints: number
  /** What the customer dials; `{pin}` stands for the voucher PIN. */
  readonly redeem: string
  readonly validFrom: Day
}

export type CatalogueResult =
  | { readonly kind: 'catalogue'; readonly products: CatalogueProduct[] }
  | { readonly kind: 'problems'; readonly problems: BatchProblem[] }

const TITLE = [
  'product',
  'operator',
  'nameEn',
  'nameFa',
  'priceRial',
  'vatRate',
  'redeem',
  'validFrom',
]

const CATALOGUE_BYTES_MAX = 1_048_576
/** The CSV parser holds up the whole process, by its records more than by its bytes. */
const CATALOGUE_LINES_MAX = 5_000
const RECORD_LENGTH_MAX = 2_000
const NAME_LENGTH_MAX = 40
const REDEEM_LENGTH_MAX = 60

export function parseCatalogue(bytes: Uint8Array): CatalogueResult {
  const records = readRecords(bytes)
  if ('message' in records) return { kind: 'problems', problems: [records] }
  const [title, ...rows] = records
  if (title === undefined) return refused(1, 'the file is empty')
  if (title.record.map(keyOf).join(',') !== TITLE.map(keyOf).join(',')) {
    return refused(title.line, `the title line must be "${TITLE.join(',')}"`)
  }
  if (rows.length === 0) return refused(title.line, 'the file holds no products')
  const problems: BatchProblem[] = []
  const products: CatalogueProduct[] = []
  for (const row of rows) {
    const product = readProduct(row)
    if (!isRefusal(product)) products.push(product)
    else problems.push({ line: row.line, message: product.message, ...hintOf(product) })
  }
  problems.push(...contradictions(products))
  if (problems.length > 0) {
    return { kind: 'problems', problems: problems.sort((a, b) => a.line - b.line) }
  }
  return { kind: 'catalogue', products }
}

function refused(line: number, message: string): CatalogueResult {
  return { kind: 'problems', problems: [{ line, message }] }
}

function hintOf(refusal: Refusal): { hint?: string } {
  return refusal.hint === undefined ? {} : { hint: refusal.hint }
}

interface CatalogueRow {
  readonly line: number
  readonly record: string[]
}

function readRecords(bytes: Uint8Array): CatalogueRow[] | BatchProblem {
  if (bytes.length > CATALOGUE_BYTES_MAX) {
    return { line: 1, message: `the file is larger than ${CATALOGUE_BYTES_MAX} bytes` }
  }
  if (linesIn(bytes) > CATALOGUE_LINES_MAX) {
    const line = CATALOGUE_LINES_MAX + 1
    return { line, message: `more than ${CATALOGUE_LINES_MAX} lines` }
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return { line: 1, message: 'not a UTF-8 text file', hint: 'save it as CSV in UTF-8' }
  }
  try {
    const options = {
      ...{ info: true, trim: true, relax_column_count: true, skip_empty_lines: true },
      max_record_size: RECORD_LENGTH_MAX,
    }
    const parsed: unknown = parse(text, options)
    return (parsed as { record: string[]; info: Info }[]).map(({ record, info }) => ({
      record,
      line: info.lines,
    }))
  } catch (error) {
    const { lines } = error as CsvError & { lines?: number }
    return { line: lines ?? 1, message: 'not readable as CSV: check the quotes of this line' }
  }
}

/** Ended by LF, CRLF or CR; what mixes them counts as the fewer. */
function linesIn(bytes: Uint8Array): number {
  let [lf, cr] = [0, 0]
  for (const byte of bytes) {
    if (byte === 0x0a) lf++
    else if (byte === 0x0d) cr++
  }
  return Math.max(lf, cr)
}

function readProduct({ line, record }: CatalogueRow): CatalogueProduct | Refusal {
  if (record.length !== TITLE.length) {
    return refuse(`${TITLE.length} columns expected, ${record.length} found`)
  }
  const [productText = '', mobileOperator = '', nameEn = '', nameFa = '', price = ''] = record
  const [, , , , , vat = '', redeem = '', from = ''] = record
  const product = parseProductId(asciiDigits(productText))
  if (isReason(product)) return refuse(`product: 6 digits expected${found(productText)}`)
  if (!/^[A-Za-z][A-Za-z0-9 .-]{0,19}$/.test(mobileOperator)) {
    return refuse(`operator: a name in Latin letters expected${found(mobileOperator)}`)
  }
  if (!isName(nameEn, /^[ -~]+$/)) {
    return refuse(`nameEn: 1 to ${NAME_LENGTH_MAX} Latin characters expected`)
  }
  if (!isName(nameFa, /^\P{C}+$/u)) {
    return refuse(`nameFa: 1 to ${NAME_LENGTH_MAX} characters expected`)
  }
  const priceRial = readPrice(asciiDigits(price))
  if (isRefusal(priceRial)) return priceRial
  const vatBasisPoints = readVatRate(asciiDigits(vat))
  if (isRefusal(vatBasisPoints)) return vatBasisPoints
  if (!/^[!-~]+$/.test(redeem) || redeem.length > REDEEM_LENGTH_MAX) {
    return refuse(`redeem: 1 to ${REDEEM_LENGTH_MAX} characters without spaces expected`)
  }
  if (redeem.split('{pin}').length !== 2) return refuse('redeem: {pin} must stand in it once')
  const validFrom = readDate('validFrom', asciiDigits(from))
  if (isRefusal(validFrom)) return validFrom
  return {
    line,
    product,
    mobileOperator,
    nameEn,
    nameFa,
    priceRial,
    vatBasisPoints,
    redeem,
    validFrom,
  }
}

/** Zero-width joiners belong to Persian spelling; other invisible characters do not. */
function isName(text: string, allowed: RegExp): boolean {
  return text.length <= NAME_LENGTH_MAX && allowed.test(text.replaceAll('\u200c', ''))
}

function readPrice(text: string): Rial | Refusal {
  const price = isDigits(text, 1, 12) ? Number(text) : 0
  return price > 0 ? toRial(price) : refuse(`priceRial: whole rials expected${found(text)}`)
}

/** A decimal from 0 to 1 with at most four places, without going through binary fractions. */
function readVatRate(text: string): number | Refusal {
  const match = /^(0|1)(?:\.(\d{1,4}))?$/.exec(text)
  const basisPoints = match
    ? Number(match[1]) * 10_000 + Number((match[2] ?? '').padEnd(4, '0'))
    : Number.NaN
  if (basisPoints <= 10_000) return basisPoints
  return refuse(`vatRate: a decimal from 0 to 1 expected, such as 0.10${found(text)}`)
}

/** Rows that are good by themselves but not together. */
function contradictions(products: readonly CatalogueProduct[]): BatchProblem[] {
  const problems: BatchProblem[] = []
  const versions = new Map<string, number>()
  const owners = new Map<string, CatalogueProduct>()
  const codes = new Map<string, CatalogueProduct>()
  for (const row of products) {
    const version = `${row.product} ${row.validFrom}`
    const before = versions.get(version)
    if (before === undefined) versions.set(version, row.line)
    else {
      const message = `product ${row.product} with this validFrom is already on line ${before}`
      problems.push({ line: row.line, message })
    }
    const code = mobileOperatorCode(row)
    const owner = owners.get(code)
    if (owner === undefined) owners.set(code, row)
    else if (owner.mobileOperator !== row.mobileOperator) {
      const message = `operator: ${code} is ${owner.mobileOperator} on line ${owner.line}`
      problems.push({ line: row.line, message })
    }
    const name = keyOf(row.mobileOperator)
    const first = codes.get(name)
    if (first === undefined) codes.set(name, row)
    else if (mobileOperatorCode(first) !== code) {
      const known = `${first.mobileOperator} is ${mobileOperatorCode(first)} on line ${first.line}`
      problems.push({ line: row.line, message: `operator: ${known}`, hint: ONE_CODE })
    }
  }
  return problems
}

/** Serials and voucher PINs are known again by it: with two codes a file could come in twice. */
export const ONE_CODE = 'a mobile operator has one code, the first four digits of its products'

export function mobileOperatorCode({ product }: { readonly product: string }): string {
  return product.slice(0, 4)
}
