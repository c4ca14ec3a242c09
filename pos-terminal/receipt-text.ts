// A receipt as plain text: wrapped to the paper's width, titles centred, labels and values at the
// two edges. Reading order only; joining and turning of Persian letters is left to what shows the
// text. In a line with Persian letters every run of numbers or Latin letters is isolated (U+2066,
// U+2069), or a card number or PIN would come out with its groups in reverse. [UAX #9, isolates]

import type { ReceiptLine } from './receipt.ts'
import type { Language } from './receipt-words.ts'
import { NO_BREAK } from './voucher-text.ts'

export interface Paper {
  /** 32 on 58 mm, 42 on 80 mm. */
  readonly columns: 32 | 42
  readonly language: Language
}

const LEFT_TO_RIGHT = '\u2066'
const RIGHT_TO_LEFT = '\u2067'
const POP = '\u2069'
/** A letter without shape: blanks in front of it keep their side of the row. [UAX #9, L1] */
const MARK = '\u200f'

/** Arabic script with its presentation forms; Persian digits are numbers, not letters. */
const LETTER = '(?!\\p{Nd})[\\u0600-\\u06ff\\ufb50-\\ufefe]'
const PERSIAN_RUN = new RegExp(`${LETTER}(?:.*${LETTER})?`, 'u')

/** Numbers, Latin letters and dial strings up to the next Persian letter; spaces only inside. */
const ALPHANUMERIC = '[\\p{Nd}A-Za-z]'
const LEFT_TO_RIGHT_RUN = new RegExp(
  `[*#+]*${ALPHANUMERIC}` +
    `(?:[\\p{Nd}A-Za-z*#+/:.,٬٫_=\\u00a0-]| (?=${ALPHANUMERIC}))*(?<=[\\p{Nd}A-Za-z*#+])`,
  'gu',
)

export function receiptText(lines: readonly ReceiptLine[], paper: Paper): string {
  return lines
    .flatMap((line) => rowsOf(line, paper.columns))
    .map((row) => `${isolated(row, paper).replaceAll(NO_BREAK, ' ').trimEnd()}\n`)
    .join('')
}

function rowsOf(line: ReceiptLine, columns: number): string[] {
  switch (line.kind) {
    case 'rule':
      return ['-'.repeat(columns)]
    case 'pair':
      return pairRows(line.label, line.value, columns)
    case 'text': {
      const rows = wrapped(line.text, columns)
      return line.style === 'N' ? rows : rows.map((row) => centred(row, columns))
    }
  }
}

/** Label and value on one row when both fit, else the value below, at the far edge. */
function pairRows(label: string, value: string, columns: number): string[] {
  const gap = columns - width(label) - 1 - width(value)
  if (gap >= 1) return [`${label}:${' '.repeat(gap)}${value}`]
  const values = wrapped(value, columns - 2)
  const below = values.map((row) => ' '.repeat(columns - width(row)) + row)
  return [...wrapped(`${label}:`, columns), ...below]
}

function centred(row: string, columns: number): string {
  return ' '.repeat(Math.floor((columns - width(row)) / 2)) + row
}

/** Breaks at spaces; a word longer than the paper is cut. */
function wrapped(text: string, columns: number): string[] {
  const rows: string[] = []
  let row = ''
  for (const word of text.split(' ')) {
    const longer = row === '' ? word : `${row} ${word}`
    if (width(longer) <= columns) {
      row = longer
      continue
    }
    if (row !== '') rows.push(row)
    const pieces = cut(word, columns)
    row = pieces.pop() ?? ''
    rows.push(...pieces)
  }
  rows.push(row)
  return rows
}

function cut(word: string, columns: number): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const character of word) {
    if (width(piece + character) > columns) {
      pieces.push(piece)
      piece = ''
    }
    piece += character
  }
  pieces.push(piece)
  return pieces
}

/** Columns that a text takes: marks, joiners and direction characters take none. */
function width(text: string): number {
  return [...text.replaceAll(/[\p{Mn}\p{Cf}]/gu, '')].length
}

/** On Persian paper such a run stands apart; on English paper it is the Persian text that does. */
function isolated(row: string, { language, columns }: Paper): string {
  const marked = row.includes(LEFT_TO_RIGHT)
  // Paper in Persian reads from the right, also on a screen that reads from the left.
  if (language === 'fa') {
    const rest = ' '.repeat(Math.max(0, columns - width(row)))
    return RIGHT_TO_LEFT + (marked ? row : isolateRuns(row)) + rest + MARK + POP
  }
  if (marked) return row
  return row.replace(PERSIAN_RUN, (run) => RIGHT_TO_LEFT + isolateRuns(run) + POP)
}

function isolateRuns(text: string): string {
  return text.replaceAll(LEFT_TO_RIGHT_RUN, (run) => LEFT_TO_RIGHT + run + POP)
}
