// The values that columns and header lines of batch files are made of: digits, dates, amounts and
// PIN columns. Checks run on every row, so they are plain loops. A refusal never repeats a value
// that could be a voucher PIN, in whatever column it was found.

import type { Day } from '../../protocol/values/moment.ts'
import type { BatchCatalogue, BatchRow, MobileOperatorName, Refusal } from './batch-format.ts'

const SERIAL_DIGITS_MAX = 24
export const PIN_DIGITS_MIN = 8
export const PIN_DIGITS_MAX = 24

const SPREADSHEET_HINT = 'a spreadsheet may have rewritten long numbers: use the original file'

export function refuse(message: string, hint?: string): Refusal {
  return hint === undefined ? { kind: 'refused', message } : { kind: 'refused', message, hint }
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refused'
}

/** Spaces and tabs at the ends are nobody's value; anything else is. */
export function trimSpaces(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isSpace(text.charCodeAt(from))) from++
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--
  return from === 0 && to === text.length ? text : text.slice(from, to)
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9
}

export function isDigits(text: string, min: number, max: number): boolean {
  if (text.length < min || text.length > max) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return true
}

/** How a title or header key is compared: letter case and spacing do not count. */
export function keyOf(text: string): string {
  return text.replace(/[ \t_]+/g, '').toLowerCase()
}

/** A value as a message may show it, or nothing when it is long or could hold a voucher PIN. */
export function shown(text: string): string | undefined {
  if (text.length === 0 || text.length > 24) return undefined
  if (!/^[ -~]*$/.test(text)) return undefined
  const digits = text.replace(/\D/g, '').length
  return digits < PIN_DIGITS_MIN || /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined
}

/** `, "x" found`, or nothing when the text may not be shown. */
export function found(text: string): string {
  const safe = shown(text)
  return safe === undefined ? '' : `, "${safe}" found`
}

/** Columns of a line, without the spaces around them and without one pair of quotes. */
export function columnsOf(line: string, separator: string): string[] {
  const columns = line.split(separator)
  for (let i = 0; i < columns.length; i++) {
    columns[i] = unquoted(trimSpaces(columns[i] ?? ''))
  }
  return columns
}

function unquoted(text: string): string {
  const quoted = text.length > 1 && text.startsWith('"') && text.endsWith('"')
  return quoted ? trimSpaces(text.slice(1, -1)) : text
}

export function wrongColumns(expected: number, columns: readonly string[]): Refusal {
  return refuse(`${expected} columns expected, ${columns.length} found`)
}

export function checkSerial(
  text: string,
  min: number,
  max = SERIAL_DIGITS_MAX,
): Refusal | undefined {
  if (isDigits(text, min, max)) return undefined
  const range = min === max ? `${min}` : `${min} to ${max}`
  return refuse(`serial: ${range} digits expected`, isExponent(text) ? SPREADSHEET_HINT : undefined)
}

/** Checks a PIN column that must have `length` digits, because the format or the row says so. */
export function checkPinDigits(text: string, length: number): Refusal | undefined {
  if (isDigits(text, length, length)) return undefined
  return pinRefusal(text, `PIN: ${length} digits expected`)
}

export function pinRefusal(text: string, message: string): Refusal {
  if (isCiphertext(text)) {
    return {
      kind: 'refused',
      message: 'PIN column is encrypted: decrypt the file first',
      hint: 'the column holds ciphertext, not digits',
      final: true,
    }
  }
  if (isExponent(text)) return refuse(message, SPREADSHEET_HINT)
  if (!isDigits(text, 1, 99)) return refuse(message)
  return refuse(
    `${message}, ${text.length} found`,
    'a spreadsheet may have dropped leading zeros: use the original file',
  )
}

/** The stated length of a PIN, or a refusal. */
export function readPinLength(text: string): number | Refusal {
  const length = isDigits(text, 1, 2) ? Number(text) : 0
  if (length >= PIN_DIGITS_MIN && length <= PIN_DIGITS_MAX) return length
  return refuse(
    `PIN length: a number from ${PIN_DIGITS_MIN} to ${PIN_DIGITS_MAX} expected${found(text)}`,
  )
}

/** RSA ciphertext in hex or base64 is far longer than any PIN. */
function isCiphertext(text: string): boolean {
  return text.length >= 40 && /^[0-9A-Za-z+/_=-]+$/.test(text)
}

function isExponent(text: string): boolean {
  return /^\d([.,]\d*)?E\+?\d+$/i.test(text)
}

/** Whole rials, as digits. */
export function readAmount(name: string, text: string): number | Refusal {
  if (isDigits(text, 1, 12)) return Number(text)
  return refuse(`${name}: an amount in whole rials expected${found(text)}`)
}

export function productAt(
  catalogue: BatchCatalogue,
  mobileOperator: MobileOperatorName,
  priceRial: number,
): BatchRow['product'] | Refusal {
  const product = catalogue.product(mobileOperator, priceRial)
  if (product !== undefined && product !== 'several') return product
  const price = shown(String(priceRial))
  if (product === 'several') {
    return refuse(
      `the catalogue has several ${mobileOperator} products at ${price ?? 'this price'} rial`,
      'import them as generic CSV, which names the product, or disable all but one',
    )
  }
  return refuse(
    `unknown denomination: the catalogue has no ${mobileOperator} product` +
      (price === undefined ? ' at this price' : ` at ${price} rial`),
    'add the product to the catalogue, or correct the file',
  )
}

/** YYYY-MM-DD, a day that exists. */
export function readDate(name: string, text: string): Day | Refusal {
  if (text.length === 10 && text[4] === '-' && text[7] === '-') {
    const digits = text.slice(0, 4) + text.slice(5, 7) + text.slice(8)
    if (isDigits(digits, 8, 8)) {
      return dayOf(name, text, Number(digits))
    }
  }
  return refuse(`${name}: a date YYYY-MM-DD expected${found(text)}`)
}

export function dayOf(name: string, text: string, day: Day): Day | Refusal {
  const year = Math.floor(day / 10_000)
  if (year >= 1300 && year < 1500) {
    return refuse(
      `${name}: the year is not Gregorian${found(text)}`,
      'dates of batch files are Gregorian, not Solar Hijri',
    )
  }
  if (isRealDay(day)) return day
  return refuse(`${name}: there is no such day${found(text)}`)
}

/** A day between 2000 and 2099 that the calendar has. */
export function isRealDay(day: Day): boolean {
  const year = Math.floor(day / 10_000)
  const month = Math.floor(day / 100) % 100
  const dayOfMonth = day % 100
  if (!Number.isInteger(day) || year < 2000 || year > 2099) return false
  if (month < 1 || month > 12 || dayOfMonth < 1) return false
  return dayOfMonth <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

export function dateText(day: Day): string {
  const text = String(day).padStart(8, '0')
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`
}
