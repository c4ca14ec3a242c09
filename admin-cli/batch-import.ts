// `evs batch import`: sends a batch file while it is read, shows how far it is, and tells what came
// of it. A file is taken whole or not at all.

import type { Command } from 'commander'
import { EvsError, isErrorCode } from '../admin-api/errors.ts'
import type { ImportEvent, ImportRequest } from '../admin-api/schemas.ts'
import { type InputFile, inputFile } from './input-file.ts'
import { startProgress } from './progress.ts'
import { writeJson } from './rows.ts'
import { type ConfigOptions, doing, latinDigits, verb, withAdmin } from './verb.ts'
import type { OpenAdmin, VerbWorld } from './world.ts'

interface Options extends ConfigOptions {
  readonly expires?: string
  readonly name?: string
  readonly release?: boolean
  readonly dryRun?: boolean
  readonly quiet?: boolean
  readonly json?: boolean
}

type Done = Extract<ImportEvent, { kind: 'done' }>
type Refused = Extract<ImportEvent, { kind: 'refused' }>

const PROBLEMS_SHOWN = 20

export function importVerb(world: VerbWorld): Command {
  return verb(world, 'import', {
    summary: 'import a batch file, all or nothing',
    examples: [
      'batch import mci-new.txt --release',
      'batch import rightel.txt --expires 2028-12-31 --dry-run',
      'gpg -d batch.gpg | evs batch import - --name batch.txt --json',
    ],
  })
    .argument('<file>', 'the batch file, or - for standard input')
    .option('--expires <day>', 'last day of the vouchers, yyyy-mm-dd, where the file has none')
    .option('--name <name>', 'name of the file in the records, with standard input')
    .option('--release', 'let them be sold at once')
    .option('--dry-run', 'read and check everything, keep nothing')
    .option('--quiet', 'no progress')
    .action(
      doing(world, async (path: string, options: Options) => {
        const file = await inputFile(world, path)
        const done = await withAdmin(world, options, (admin) => send(world, admin, file, options))
        if (options.json === true) writeJson(world, done)
        else world.stdout.write(`${summaryOf(done)}\n`)
        return 0
      }),
    )
}

async function send(
  world: VerbWorld,
  admin: OpenAdmin,
  file: InputFile,
  options: Options,
): Promise<Done> {
  const request: ImportRequest = {
    fileName: options.name ?? file.name,
    bytes: file.bytes,
    expires: options.expires === undefined ? undefined : latinDigits(options.expires),
    release: options.release ?? false,
    dryRun: options.dryRun ?? false,
  }
  const silent = options.json === true || options.quiet === true
  const progress = startProgress(world, {
    ...{ name: request.fileName, bytes: file.bytes, silent, unit: 'vouchers' },
  })
  try {
    for await (const event of admin.importBatch(request, file.chunks)) {
      if (event.kind === 'progress') progress.update({ ...event, done: event.vouchers })
      else if (event.kind === 'done') return event
      else throw refusal(event)
    }
  } finally {
    progress.stop()
  }
  throw new EvsError('INTERNAL', { message: 'the import ended without a result' })
}

function refusal({ code, message, problems, moreProblems }: Refused): EvsError {
  const shown = problems.slice(0, PROBLEMS_SHOWN).map(({ line, message: why, hint }) => {
    return `  line ${line}: ${why}${hint === undefined ? '' : ` (${hint})`}`
  })
  const hidden = problems.length - shown.length + moreProblems
  const more = hidden > 0 ? [`  ... and ${hidden} more`] : []
  return new EvsError(isErrorCode(code) ? code : 'BATCH_REFUSED', {
    message: [message, ...shown, ...more].join('\n'),
    details: { problems, moreProblems },
  })
}

function summaryOf(done: Done): string {
  const { batch, vouchers, format, released, products, seconds } = done
  const many = vouchers.toLocaleString('en-US')
  const rate = Math.round(vouchers / Math.max(seconds, 0.001)).toLocaleString('en-US')
  const rows = products.map((row) => `  ${row.product}: ${row.vouchers.toLocaleString('en-US')}`)
  const head = done.dryRun
    ? `${many} vouchers of format ${format} are in order; nothing was kept`
    : `batch ${batch}: ${many} vouchers of format ${format}, ${released ? 'released' : 'loaded'}`
  const next = done.dryRun || released ? [] : [`Next: evs batch release ${batch}`]
  return [`${head} (${seconds.toFixed(1)} s, ${rate}/s)`, ...rows, ...next].join('\n')
}
