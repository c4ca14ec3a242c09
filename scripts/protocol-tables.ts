// Generates the tables of docs/protocol.md from the dialects and the field table, so that the page
// cannot say something else than the codec does. `--write` puts them between the markers of the
// page; without it the tables are printed. A test compares the page with them.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DIALECTS, type Dialect } from '../protocol/message/dialect.ts'
import type { FieldSpec, Secrecy } from '../protocol/message/field-spec.ts'
import { FIELDS_1987 } from '../protocol/message/fields-1987.ts'

const BEGIN = '<!-- fields:begin -->'
const END = '<!-- fields:end -->'

const SHOWN: Record<Secrecy, string> = {
  public: 'as it is',
  pan: 'BIN and last 4',
  track: '`***`',
  secret: '`***`',
}

export function protocolTables(): string {
  return `${dialectTable()}\n\n${fieldTable()}`
}

/** The page with the tables between its markers; throws when it has no markers. */
export function withTables(page: string): string {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`the page has no ${BEGIN} and ${END}`)
  return `${page.slice(0, begin + BEGIN.length)}\n\n${protocolTables()}\n\n${page.slice(end)}`
}

function dialectTable(): string {
  const rows = Object.values(DIALECTS).map((dialect) => [`\`${dialect.name}\``, ...parts(dialect)])
  const head = ['dialect', 'MTI', 'bitmap', 'n', 'track 2', 'LL / LLL', 'b']
  return table(head, rows)
}

function parts(dialect: Dialect): string[] {
  const digits = { bcd: 'BCD', ascii: 'ASCII' }
  return [
    digits[dialect.mti],
    dialect.bitmap === 'binary' ? '8 or 16 bytes' : '16 or 32 hex characters',
    digits[dialect.numeric],
    dialect.track2 === 'bcd' ? 'BCD, `D`' : 'ASCII, `=`',
    dialect.lengths === 'bcd' ? 'BCD, 1 / 2 bytes' : '2 / 3 ASCII digits',
    dialect.binary === 'raw' ? 'raw bytes' : 'hex characters',
  ]
}

function fieldTable(): string {
  const rows = FIELDS_1987.flatMap((spec, de) =>
    spec === undefined
      ? []
      : [[String(de), spec.name, formatOf(spec), charsetOf(spec), SHOWN[spec.secrecy]]],
  )
  return table(['DE', 'name', 'format', 'text', 'shown in logs'], rows)
}

/** `n 6`, `ans ..999 LLL`, `x+n 8`. */
function formatOf(spec: FieldSpec): string {
  if (spec.format === 'xn') return `x+n ${spec.length - 1}`
  if (spec.lengthDigits === 0) return `${spec.format} ${spec.length}`
  return `${spec.format} ..${spec.length} ${'L'.repeat(spec.lengthDigits)}`
}

function charsetOf(spec: FieldSpec): string {
  if (spec.charset === 'utf8') return 'UTF-8, LF'
  return spec.charset === 'ascii' ? '' : 'ASCII; UTF-8 in 0810'
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = fileURLToPath(new URL('../docs/protocol.md', import.meta.url))
  if (process.argv.includes('--write')) writeFileSync(path, withTables(readFileSync(path, 'utf8')))
  else process.stdout.write(`${protocolTables()}\n`)
}
