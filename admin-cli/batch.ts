// `evs batch`: the batches of vouchers, from their file to their end. Importing has a file of its
// own. Voucher PINs are never shown.

import type { Command } from 'commander'
import { type BatchChange, type BatchSummary, batchState } from '../admin-api/schemas.ts'
import { importVerb } from './batch-import.ts'
import {
  type Column,
  type ListOptions,
  withListOptions,
  writeJson,
  writeProperties,
  writeRows,
} from './rows.ts'
import { type ConfigOptions, choice, doing, group, verb, wholeNumber, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

const COLUMNS: readonly Column<BatchSummary>[] = [
  { title: 'batch', kind: 'number', of: (row) => row.id },
  { title: 'state', of: (row) => row.state },
  { title: 'format', of: (row) => row.format },
  { title: 'file', of: (row) => row.fileName },
  { title: 'reference', of: (row) => row.reference },
  { title: 'valid from', of: (row) => row.validFrom },
  { title: 'imported at', of: (row) => row.importedAt },
  { title: 'vouchers', kind: 'number', of: (row) => row.quantity },
  { title: 'available', kind: 'number', of: (row) => row.counts.available },
  { title: 'sold', kind: 'number', of: (row) => row.counts.sold },
]

export function batchVerb(world: VerbWorld): Command {
  const examples = [
    'batch import mci-new.txt --release',
    'batch import rightel.txt --expires 2028-12-31',
    'batch list',
    'batch hold 7',
  ]
  return group('batch', { summary: 'import batches of vouchers and manage them', examples }, [
    importVerb(world),
    listVerb(world),
    showVerb(world),
    formatsVerb(world),
    changeVerb(world, 'release', 'let the vouchers of a batch be sold'),
    changeVerb(world, 'hold', 'sell nothing more of a batch for now'),
    changeVerb(world, 'recall', 'hold a batch, and void what has not been sold'),
    changeVerb(world, 'close', 'close a batch that is sold out or recalled'),
  ])
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the batches with their counts',
    examples: ['batch list', 'batch list --state held --json'],
  }).addOption(choice('--state <state>', 'only those in this state', batchState.options))
  return withListOptions(command).action(
    doing(world, async (options: Options & { state?: BatchSummary['state'] }) => {
      const { state } = options
      const rows = await withAdmin(world, options, (admin) => admin.batches({ state }))
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function showVerb(world: VerbWorld): Command {
  return verb(world, 'show', {
    summary: 'show one batch with its lots',
    examples: ['batch show 7', 'batch show 7 --json'],
  })
    .argument('<batch>', 'its number')
    .action(
      doing(world, async (batch: string, options: Options) => {
        const id = wholeNumber(batch, 'batch')
        const found = await withAdmin(world, options, (admin) => admin.batch(id))
        if (options.json === true) return void writeJson(world, found)
        const { counts, lots, ...about } = found
        writeProperties(world, [...Object.entries(about), ...Object.entries(counts)])
        world.stdout.write('\n')
        writeRows(world, options, {
          rows: lots,
          columns: [
            { title: 'product', of: (lot) => lot.product },
            { title: 'expires', of: (lot) => lot.expires },
            { title: 'imported', kind: 'number', of: (lot) => lot.counts.imported },
            { title: 'available', kind: 'number', of: (lot) => lot.counts.available },
            { title: 'sold', kind: 'number', of: (lot) => lot.counts.sold },
          ],
        })
        return 0
      }),
    )
}

function formatsVerb(world: VerbWorld): Command {
  const command = verb(world, 'formats', {
    summary: 'list the formats of batch files; a file shows its format by its first lines',
    examples: ['batch formats', 'batch formats --json'],
    bare: true,
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      writeRows(world, options, {
        rows: await world.rooms.batchFormats(),
        columns: [
          { title: 'format', of: (row) => row.name },
          { title: 'from', of: (row) => row.title },
          { title: 'needs --expires', of: (row) => row.needsExpiry },
          { title: 'several products', of: (row) => row.mixed },
        ],
      })
      return 0
    }),
  )
}

function changeVerb(world: VerbWorld, action: BatchChange['action'], summary: string): Command {
  return verb(world, action, {
    summary,
    examples: [`batch ${action} 7`, `batch ${action} 7 --json`],
  })
    .argument('<batch>', 'its number')
    .action(
      doing(world, async (batch: string, options: Options) => {
        const id = wholeNumber(batch, 'batch')
        const row = await withAdmin(world, options, (admin) => admin.changeBatch(id, { action }))
        writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
        return 0
      }),
    )
}
