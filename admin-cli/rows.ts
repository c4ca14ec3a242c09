// Lists on standard output: a table for a person, CSV for a spreadsheet, JSON for a program.
// Control characters never reach a terminal; what a spreadsheet would take for a formula is text
// there.

import Table from 'cli-table3'
import type { Command } from 'commander'
import { jsonText } from '../protocol/values/json-text.ts'
import { csvText } from './csv.ts'
import { printable } from './printable.ts'
import type { World } from './world.ts'

export type Cell = string | number | boolean | null

export interface Column<Row> {
  readonly title: string
  /** Numbers stand on the right, with separators in a table. */
  readonly kind?: 'number'
  readonly of: (row: Row) => Cell
}

export interface ListOptions {
  readonly json?: boolean
  readonly csv?: boolean
  readonly bom?: boolean
  readonly color?: boolean
}

export function withListOptions(command: Command): Command {
  command.option('--csv', 'comma-separated values')
  return command.option('--bom', 'a byte order mark before the CSV, for spreadsheets')
}

export function writeRows<Row>(
  world: World,
  options: ListOptions,
  list: { columns: readonly Column<Row>[]; rows: readonly Row[]; json?: unknown },
): void {
  const { columns, rows } = list
  if (options.json === true) writeJson(world, list.json ?? rows)
  else if (options.csv === true) writeCsv(world, options, list)
  else if (rows.length === 0) world.stderr.write('nothing to list\n')
  else world.stdout.write(`${tableText(columns, rows, colours(world, options))}\n`)
}

export function writeCsv<Row>(
  world: World,
  options: ListOptions,
  list: { columns: readonly Column<Row>[]; rows: readonly Row[]; withoutTitles?: boolean },
): void {
  const titles = list.columns.map((column) => column.title)
  const cells = list.rows.map((row) => list.columns.map((column) => column.of(row)))
  const mark = options.bom === true && list.withoutTitles !== true ? '\ufeff' : ''
  const lines = list.withoutTitles === true ? cells : [titles, ...cells]
  world.stdout.write(mark + csvText(lines))
}

export function writeJson(world: World, value: unknown): void {
  const indent = world.stdout.isTTY ? 2 : undefined
  world.stdout.write(`${jsonText(value, indent)}\n`)
}

/** `name  value` lines, for one thing with many properties. */
export function writeProperties(world: World, pairs: readonly (readonly [string, Cell])[]): void {
  const width = Math.max(...pairs.map(([name]) => name.length))
  for (const [name, value] of pairs) {
    world.stdout.write(`${name.padEnd(width)}  ${cellText(value)}\n`)
  }
}

function colours(world: World, options: { readonly color?: boolean }): boolean {
  const { NO_COLOR = '', FORCE_COLOR = '' } = world.env
  if (options.color === false || NO_COLOR !== '') return false
  return world.stdout.isTTY || (FORCE_COLOR !== '' && FORCE_COLOR !== '0')
}

function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  coloured: boolean,
): string {
  const table = new Table({
    head: columns.map(({ title }) => (coloured ? `\u001b[1m${title}\u001b[22m` : title)),
    colAligns: columns.map((column) => (column.kind === 'number' ? 'right' : 'left')),
    // The table's own colours look at the process, not at where the text goes.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: PLAIN,
  })
  for (const row of rows) table.push(columns.map((column) => shown(column, column.of(row))))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** Sums come as digits in text where a number would not hold them. */
function shown(column: Column<never>, value: Cell): string {
  const isSum = column.kind === 'number' && typeof value === 'string' && /^-?\d+$/.test(value)
  return isSum ? BigInt(value).toLocaleString('en-US') : cellText(value)
}

function cellText(value: Cell): string {
  if (value === null) return '-'
  if (typeof value === 'number') return value.toLocaleString('en-US')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return printable(value)
}

const PLAIN = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left']
    .concat(['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((name) => [name, '']),
)
