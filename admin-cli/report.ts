// `evs report`: sums over a period, as a table, CSV or JSON. The switch counts; this only
// writes.

import type { Command } from 'commander'
import { type ReportTable, reportRequest } from '../admin-api/schemas.ts'
import { type Column, type ListOptions, withListOptions, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, latinDigits, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Row = ReportTable['rows'][number]
type Name = (typeof NAMES)[number]

const NAMES = reportRequest.shape.report.options

const SUMMARIES: Readonly<Record<Name, string>> = {
  sales: 'sum up the sales, by day and product',
  batch: 'sum up the batches: imported, sold, left',
  merchant: 'sum up the sales, by merchant',
  commission: 'sum up the commission, by merchant and product',
}

interface Options extends ConfigOptions, ListOptions {
  readonly from?: string
  readonly to?: string
}

export function reportVerb(world: VerbWorld): Command {
  const examples = ['report sales --from 2026-11-01 --to 2026-11-30', 'report batch --csv --bom']
  const summary = 'report sales, batches, merchants or commission'
  return group(
    'report',
    { summary, examples },
    NAMES.map((name) => oneVerb(world, name)),
  )
}

function oneVerb(world: VerbWorld, name: Name): Command {
  const command = verb(world, name, {
    summary: SUMMARIES[name],
    examples: [
      `report ${name} --from 2026-11-01 --to 2026-11-30`,
      `report ${name} --csv --bom > ${name}.csv`,
    ],
  })
    .option('--from <day>', 'first day, yyyy-mm-dd')
    .option('--to <day>', 'last day, yyyy-mm-dd')
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const from = options.from === undefined ? undefined : latinDigits(options.from)
      const to = options.to === undefined ? undefined : latinDigits(options.to)
      const request = { report: name, from, to }
      const table = await withAdmin(world, options, (admin) => admin.report(request))
      if (options.json !== true && options.csv !== true) world.stdout.write(`${table.title}\n\n`)
      writeRows(world, options, { columns: columnsOf(table), rows: table.rows, json: table })
      return 0
    }),
  )
}

function columnsOf(table: ReportTable): Column<Row>[] {
  return table.columns.map(({ key, title, kind }) => ({
    title,
    ...(kind === 'number' ? { kind } : {}),
    of: (row) => row[key] ?? null,
  }))
}
