// Comma-separated values [RFC 4180], safe to open in a spreadsheet: a text that begins like a
// formula gets an apostrophe in front. Numbers are left as they are; control characters but the end
// of a line go out as U+FFFD.

import { printable } from './printable.ts'

export type CsvCell = string | number | boolean | null

export function csvText(lines: readonly (readonly CsvCell[])[]): string {
  return lines.map((cells) => `${cells.map(cellText).join(',')}\r\n`).join('')
}

function cellText(value: CsvCell): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const isFormula = /^[=+\-@\t\r]/.test(value) && !isNumber(value)
  const safe = printable(isFormula ? `'${value}` : value, 'lines')
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Sums come as digits in text; a negative one is no formula. */
function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text)
}
