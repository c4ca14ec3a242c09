// `evs merchant import` and `evs terminal import`: sends a list while it is read, shows how far it
// is, and tells what came of it. Rows with mistakes are refused one by one; a list that was
// corrected or cut off is sent again, and what is there is left alone.

import type { Command } from 'commander'
import { EvsError, EXIT } from '../admin-api/errors.ts'
import type { RegistrationEvent, RegistrationRequest } from '../admin-api/terminal-schemas.ts'
import { inputFile } from './input-file.ts'
import { printable } from './printable.ts'
import { startProgress } from './progress.ts'
import { writeJson } from './rows.ts'
import { type ConfigOptions, doing, verb, withAdmin } from './verb.ts'
import type { OpenAdmin, VerbWorld } from './world.ts'

interface Options extends ConfigOptions {
  readonly name?: string
  readonly dryRun?: boolean
  readonly quiet?: boolean
  readonly json?: boolean
}

type Done = Extract<RegistrationEvent, { kind: 'done' }>

const SHOWN = 20

export function listImportVerb(
  world: VerbWorld,
  about: {
    readonly what: 'merchant' | 'terminal'
    readonly columns: string
    readonly send: (
      admin: OpenAdmin,
      request: RegistrationRequest,
      chunks: AsyncIterable<Uint8Array>,
    ) => AsyncIterable<RegistrationEvent>
  },
): Command {
  const { what, columns, send } = about
  return verb(world, 'import', {
    summary: `register a list of ${what}s from a CSV file`,
    examples: [
      `${what} import ${what}s.csv --dry-run`,
      `${what} import ${what}s.csv`,
      `${what} import - --name ${what}s.csv --json < ${what}s.csv`,
    ],
    exits: {
      [EXIT.failure]: 'failed, or no row was right',
      [EXIT.partial]:
        'some rows were refused, and the report says which; the others are registered',
    },
  })
    .argument('<file>', `the list, or - for standard input; columns: ${columns}`)
    .option('--name <name>', 'name of the file in the records, with standard input')
    .option('--dry-run', 'read and check everything, register nothing')
    .option('--quiet', 'no progress')
    .action(
      doing(world, async (path: string, options: Options) => {
        const file = await inputFile(world, path)
        const fileName = options.name ?? file.name
        const request = { fileName, dryRun: options.dryRun ?? false }
        const silent = options.json === true || options.quiet === true
        const unit = 'rows'
        const progress = startProgress(world, { name: fileName, bytes: file.bytes, silent, unit })
        const done = await withAdmin(world, options, (admin) =>
          followed(send(admin, request, file.chunks), progress),
        )
        if (options.json === true) writeJson(world, done)
        else tell(world, what, done)
        if (done.refused === 0) return 0
        return done.added + done.unchanged > 0 ? EXIT.partial : EXIT.failure
      }),
    )
}

async function followed(
  events: AsyncIterable<RegistrationEvent>,
  progress: ReturnType<typeof startProgress>,
): Promise<Done> {
  try {
    for await (const event of events) {
      if (event.kind === 'done') return event
      progress.update({ bytes: event.bytes, done: event.rows })
    }
  } finally {
    progress.stop()
  }
  throw new EvsError('INTERNAL', { message: 'the import ended without a result' })
}

function tell(world: VerbWorld, what: string, done: Done): void {
  const { dryRun, rows, added, unchanged, refused, problems, moreProblems, seconds } = done
  const figure = (value: number) => value.toLocaleString('en-US')
  const verbal = dryRun ? 'can be registered' : 'registered'
  const time = `${seconds.toFixed(1)} s, ${figure(Math.round(rows / Math.max(seconds, 0.001)))}/s`
  world.stdout.write(
    `${figure(rows)} rows: ${figure(added)} ${what}s ${verbal}, ` +
      `${figure(unchanged)} were there already, ${figure(refused)} refused (${time})\n`,
  )
  const shown = problems.slice(0, SHOWN)
  for (const { line, column, message, hint } of shown) {
    const where = column === '' ? `line ${line}` : `line ${line}, column ${column}`
    world.stderr.write(printable(`${where}: ${message} (${hint})`))
    world.stderr.write('\n')
  }
  const more = problems.length - shown.length + moreProblems
  if (more > 0) world.stderr.write(`... and ${figure(more)} more\n`)
}
