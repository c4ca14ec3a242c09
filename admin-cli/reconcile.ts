// `evs reconcile`: the sales against a card host's ledger. No difference is exit code 0, any
// difference is 1, so that a nightly job can tell them apart.

import { type Command, Option } from 'commander'
import { EXIT } from '../admin-api/errors.ts'
import type { Reconciliation } from '../admin-api/schemas.ts'
import { inputFile } from './input-file.ts'
import {
  type Column,
  type ListOptions,
  withListOptions,
  writeProperties,
  writeRows,
} from './rows.ts'
import { type ConfigOptions, doing, latinDigits, required, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

interface Options extends ConfigOptions, ListOptions {
  readonly ledger: string
  readonly cardHost?: string
  readonly from?: string
  readonly to?: string
  readonly settle?: boolean
}

type Difference = Reconciliation['differences'][number]

const COLUMNS: readonly Column<Difference>[] = [
  { title: 'difference', of: (row) => row.kind },
  { title: 'rial', kind: 'number', of: (row) => row.amountRial },
  { title: 'sale', kind: 'number', of: (row) => row.sale },
  { title: 'RRN', of: (row) => row.rrn },
  { title: 'TID', of: (row) => row.tid },
  { title: 'host STAN', of: (row) => row.hostStan },
  { title: 'host time', of: (row) => row.hostTransmission },
  { title: 'what', of: (row) => row.text },
]

export function reconcileVerb(world: VerbWorld): Command {
  const command = verb(world, 'reconcile', {
    summary: "compare the sales with a card host's ledger",
    examples: [
      'reconcile --ledger ledger.ndjson',
      'reconcile --ledger ledger.ndjson --from 2026-11-21 --to 2026-11-21 --settle --json',
      'zcat ledger.ndjson.gz | evs reconcile --ledger - --json',
    ],
    exits: { 0: 'no difference', [EXIT.failure]: 'there are differences, or it failed' },
  })
    .addOption(required(new Option('--ledger <file>', 'as NDJSON, or - for standard input')))
    .option('--card-host <name>', 'whose ledger it is, where there are several')
    .option('--from <day>', 'first day, yyyy-mm-dd')
    .option('--to <day>', 'last day, yyyy-mm-dd')
    .option('--settle', 'close what the ledger settles')
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const { chunks } = await inputFile(world, options.ledger)
      const request = {
        cardHost: options.cardHost,
        from: options.from === undefined ? undefined : latinDigits(options.from),
        to: options.to === undefined ? undefined : latinDigits(options.to),
        settle: options.settle ?? false,
      }
      const result = await withAdmin(world, options, (admin) => admin.reconcile(request, chunks))
      const { differences, ...sums } = result
      if (options.json !== true && options.csv !== true) {
        writeProperties(world, Object.entries(sums).map(spaced))
        world.stdout.write('\n')
      }
      writeRows(world, options, { columns: COLUMNS, rows: differences, json: result })
      return agrees(result) ? 0 : EXIT.failure
    }),
  )
}

function agrees({ differenceRial, differences, doubleSold }: Reconciliation): boolean {
  return differenceRial === 0 && differences.length === 0 && doubleSold === 0
}

/** hostNetRial is shown as `host net rial`. */
function spaced([name, value]: [string, number]): readonly [string, number] {
  return [name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`), value]
}
