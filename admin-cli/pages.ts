// Lists that come in pages: the first hundred as a table, all of them with --json or --csv. A page
// goes out before the next is fetched, so memory does not grow with the list.

import type { Command } from 'commander'
import { jsonText } from '../protocol/values/json-text.ts'
import { type Column, type ListOptions, writeCsv, writeRows } from './rows.ts'
import { wholeNumber } from './verb.ts'
import type { World } from './world.ts'

export interface PageOptions extends ListOptions {
  readonly after?: string
  readonly limit?: string
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly after: number | null
}

export const SHOWN = 100
const PAGE = 1_000

export function withPageOptions(command: Command): Command {
  command.option('--after <place>', 'go on where an earlier list ended')
  return command.option('--limit <number>', 'at most so many')
}

export async function writePages<Row>(
  world: World,
  options: PageOptions,
  columns: readonly Column<Row>[],
  fetch: (asked: { after: number | undefined; limit: number }) => Promise<Page<Row>>,
): Promise<void> {
  const whole = options.json === true || options.csv === true
  const usual = whole ? Number.POSITIVE_INFINITY : SHOWN
  const { limit, after } = options
  const most = limit === undefined ? usual : wholeNumber(limit, '--limit')
  const from = after === undefined ? undefined : wholeNumber(after, '--after')
  let begun = false
  // Nothing is written before the first page is there: a failure is JSON of its own.
  let before = '['
  let place: number | null = null
  for await (const page of pagesOf(fetch, from, most)) {
    const list = { columns, rows: page.rows, withoutTitles: begun }
    if (options.json === true) {
      if (page.rows.length === 0) continue
      world.stdout.write(before + page.rows.map((row) => jsonText(row)).join(','))
      before = ','
    } else if (options.csv === true) writeCsv(world, options, list)
    else writeRows(world, options, list)
    place = page.after
    begun = true
  }
  if (!whole && place !== null) world.stderr.write(`more: --after ${place}\n`)
  if (options.json === true) world.stdout.write(before === '[' ? '[]\n' : ']\n')
}

async function* pagesOf<Row>(
  fetch: (asked: { after: number | undefined; limit: number }) => Promise<Page<Row>>,
  from: number | undefined,
  most: number,
): AsyncIterable<Page<Row>> {
  let left = most
  let after = from
  do {
    const page = await fetch({ after, limit: Math.min(left, PAGE) })
    yield page
    left -= page.rows.length
    after = page.after ?? undefined
  } while (after !== undefined && left > 0)
}
