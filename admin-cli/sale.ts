// `evs sale`: what was sold, declined, reversed and refunded. Card numbers come masked and voucher
// PINs not at all.

import type { Command } from 'commander'
import { type SaleFilter, type SalePage, saleState } from '../admin-api/schemas.ts'
import { jsonText } from '../protocol/values/json-text.ts'
import {
  type Cell,
  type Column,
  type ListOptions,
  withListOptions,
  writeCsv,
  writeJson,
  writeProperties,
  writeRows,
} from './rows.ts'
import {
  type ConfigOptions,
  choice,
  doing,
  group,
  latinDigits,
  verb,
  wholeNumber,
  withAdmin,
} from './verb.ts'
import type { OpenAdmin, VerbWorld } from './world.ts'

type Sale = SalePage['sales'][number]

interface Options extends ConfigOptions, ListOptions {
  readonly day?: string
  readonly tid?: string
  readonly mid?: string
  readonly rrn?: string
  readonly state?: Sale['state']
  readonly before?: string
  readonly limit?: string
}

const COLUMNS: readonly Column<Sale>[] = [
  { title: 'sale', kind: 'number', of: (row) => row.id },
  { title: 'at', of: (row) => row.at },
  { title: 'state', of: (row) => row.state },
  { title: 'code', of: (row) => row.responseCode },
  { title: 'TID', of: (row) => row.tid },
  { title: 'MID', of: (row) => row.mid },
  { title: 'STAN', of: (row) => row.stan },
  { title: 'RRN', of: (row) => row.rrn },
  { title: 'product', of: (row) => row.product },
  { title: 'count', kind: 'number', of: (row) => row.count },
  { title: 'rial', kind: 'number', of: (row) => row.amountRial },
  { title: 'card', of: (row) => row.card },
  { title: 'confirmed', of: (row) => row.confirmed },
]

/** What a person looks at; a program gets everything unless it says a limit. */
const SHOWN = 100
const PAGE = 1_000

export function saleVerb(world: VerbWorld): Command {
  const examples = ['sale list --day 2026-11-22', 'sale show 632609000001']
  return group('sale', { summary: 'list sales and show one', examples }, [
    listVerb(world),
    showVerb(world),
  ])
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: `list sales, newest first: ${SHOWN} as a table, all with --json or --csv`,
    examples: [
      'sale list --day 2026-11-22 --state sold',
      'sale list --tid 10000001 --limit 20',
      'sale list --json | jq .sales[0]',
    ],
  })
    .option('--day <day>', 'only of this day, yyyy-mm-dd')
    .option('--tid <id>', 'only of this terminal')
    .option('--mid <id>', 'only of this merchant')
    .option('--rrn <number>', 'only with this retrieval reference number')
    .addOption(choice('--state <state>', 'only in this state', saleState.options))
    .option('--before <sale>', 'only older than this sale')
    .option('--limit <number>', 'at most so many')
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      await withAdmin(world, options, (admin) => listSales(world, admin, options))
      return 0
    }),
  )
}

async function listSales(world: VerbWorld, admin: OpenAdmin, options: Options): Promise<void> {
  const whole = options.json === true || options.csv === true
  const most =
    options.limit === undefined
      ? whole
        ? Number.POSITIVE_INFINITY
        : SHOWN
      : wholeNumber(options.limit, '--limit')
  const pages = salePages(admin, filterOf(options), most)
  if (options.json === true) return writePagesAsJson(world, pages)
  let begun = false
  let older: number | null = null
  for await (const { sales, before } of pages) {
    const list = { columns: COLUMNS, rows: sales, withoutTitles: begun }
    if (options.csv === true) writeCsv(world, options, list)
    else writeRows(world, options, list)
    older = before
    begun = true
  }
  if (!whole && older !== null) world.stderr.write(`older ones: --before ${older}\n`)
}

/**
 * A day may hold more sales than memory should: every page goes out before the next is fetched, and
 * nothing before the first, because a failure is JSON of its own.
 */
async function writePagesAsJson(world: VerbWorld, pages: AsyncIterable<SalePage>): Promise<void> {
  let older: number | null = null
  const begin = '{"sales":['
  let separator = begin
  for await (const { sales, before } of pages) {
    for (const sale of sales) {
      world.stdout.write(`${separator}${jsonText(sale)}`)
      separator = ','
    }
    older = before
  }
  world.stdout.write(`${separator === begin ? begin : ''}],"before":${older}}\n`)
}

async function* salePages(
  admin: OpenAdmin,
  filter: Omit<SaleFilter, 'limit'>,
  most: number,
): AsyncIterable<SalePage> {
  let left = most
  let before = filter.before
  do {
    const page = await admin.sales({ ...filter, before, limit: Math.min(left, PAGE) })
    yield page
    left -= page.sales.length
    before = page.before ?? undefined
  } while (before !== undefined && left > 0)
}

function filterOf(options: Options): Omit<SaleFilter, 'limit'> {
  const { day, tid, mid, rrn, state, before } = options
  const digits = (text: string | undefined) => (text === undefined ? text : latinDigits(text))
  return {
    day: digits(day),
    tid: digits(tid),
    mid: digits(mid),
    rrn: digits(rrn),
    state,
    before: before === undefined ? undefined : wholeNumber(before, '--before'),
  }
}

function showVerb(world: VerbWorld): Command {
  return verb(world, 'show', {
    summary: 'show one sale with its history, by its number or its RRN',
    examples: ['sale show 41', 'sale show 632609000001 --json'],
  })
    .argument('<sale>', 'its number, or its RRN of 12 digits')
    .action(
      doing(world, async (id: string, options: Options) => {
        const found = await withAdmin(world, options, (admin) => admin.sale(latinDigits(id)))
        if (options.json === true) return void writeJson(world, found)
        const { history, reversal, serials, ...about } = found
        const back = Object.entries(reversal ?? {}).map(
          ([name, value]): readonly [string, Cell] => [`reversal ${name}`, value],
        )
        writeProperties(world, [...Object.entries(about), ['serials', serials.join(', ')], ...back])
        world.stdout.write('\n')
        writeRows(world, options, {
          rows: history,
          columns: [
            { title: 'record', kind: 'number', of: (record) => record.jseq },
            { title: 'at', of: (record) => record.at },
            { title: 'kind', of: (record) => record.kind },
            { title: 'what', of: (record) => record.text },
          ],
        })
        return 0
      }),
    )
}
