// `evs vault`: the keys under which vouchers, card numbers and other keys lie on the disk, and
// their rotation. Keys are shown by number; nothing of one is ever on the screen.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { EvsError, EXIT } from '../admin-api/errors.ts'
import type {
  DataRotationDone,
  DataRotationEvent,
  VaultKeyInfo,
  VaultStatus,
} from '../admin-api/vault-schemas.ts'
import { type Column, type ListOptions, withListOptions, writeJson, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, verb, wholeNumber, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

const COLUMNS: readonly Column<VaultKeyInfo>[] = [
  { title: 'key', kind: 'number', of: (row) => row.id },
  { title: 'purpose', of: (row) => row.purpose },
  { title: 'batch', kind: 'number', of: (row) => row.batch },
  { title: 'created', of: (row) => row.created },
  { title: 'current', of: (row) => row.current },
  { title: 'rows', kind: 'number', of: (row) => row.rows },
]

export function vaultVerb(world: VerbWorld): Command {
  const examples = [
    'vault status',
    'vault rotate kek',
    'vault rotate data --batch 7',
    'vault rotate data --all',
  ]
  const summary = 'show and rotate the keys of the vault'
  return group('vault', { summary, examples }, [statusVerb(world), rotateVerb(world)])
}

function statusVerb(world: VerbWorld): Command {
  const command = verb(world, 'status', {
    summary: 'list the keys by number and purpose, with the rows under each',
    examples: ['vault status', 'vault status --json'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const status = await withAdmin(world, options, (admin) => admin.vaultStatus())
      const { keys: rows, source, rotation } = status
      writeRows(world, options, { columns: COLUMNS, rows, json: status })
      if (options.json === true) return 0
      world.stderr.write(`the key-encryption key comes from a ${source}\n`)
      if (rotation !== null) world.stderr.write(`not done: ${rotationOf(rotation)}\n`)
      return 0
    }),
  )
}

function rotationOf({ batch }: NonNullable<VaultStatus['rotation']>): string {
  return `evs vault rotate data ${batch === null ? '--all' : `--batch ${batch}`}`
}

function rotateVerb(world: VerbWorld): Command {
  const examples = ['vault rotate kek', 'vault rotate data --all']
  const summary = 'replace the key-encryption key, or the data keys under it'
  return group('rotate', { summary, examples }, [kekVerb(world), dataVerb(world)])
}

function kekVerb(world: VerbWorld): Command {
  return verb(world, 'kek', {
    summary: 'wrap all keys under a new key-encryption key',
    examples: ['vault rotate kek', 'vault rotate kek --new-kek-file /run/next-kek'],
  })
    .option('--new-kek-file <file>', 'the next key, where vault.kekCommand is to print it')
    .action(
      doing(world, async (options: Options & { newKekFile?: string }) => {
        const { newKekFile: path } = options
        // The switch may have another working folder than this command.
        const request = path === undefined ? {} : { newKekFile: resolve(world.cwd, path) }
        const done = await withAdmin(world, options, (admin) => admin.rotateKek(request))
        if (options.json === true) return void writeJson(world, done)
        const where = done.file ?? NEXT[done.source]
        world.stdout.write(`${done.keys} keys are under the new key, in ${where}\n`)
        const apart = done.source === 'token' ? '' : 'keep a copy apart; '
        world.stderr.write(`${apart}older backups need the key of their time\n`)
        return 0
      }),
    )
}

function dataVerb(world: VerbWorld): Command {
  return verb(world, 'data', {
    summary: 'make new data keys and seal anew what is under the old ones',
    examples: ['vault rotate data --batch 7', 'vault rotate data --all --json'],
    exits: { [EXIT.partial]: 'done, but for rows that stay under an old key' },
  })
    .option('--batch <number>', 'the voucher PINs of one batch')
    .option('--all', 'all batches, card numbers, and keys of terminals and links')
    .option('--quiet', 'no progress')
    .action(
      doing(world, async (options: Options & DataOptions) => {
        const { batch, all = false } = options
        if ((batch !== undefined) === all) {
          throw new EvsError('USAGE', { message: 'one of --batch and --all is needed' })
        }
        const request = batch === undefined ? {} : { batch: wholeNumber(batch, '--batch') }
        const silent = options.json === true || options.quiet === true
        const done = await withAdmin(world, options, (admin) =>
          follow(world, admin.rotateData(request), silent),
        )
        if (options.json === true) writeJson(world, done)
        else world.stdout.write(`${summaryOf(done)}\n`)
        return done.left > 0 || done.skipped.length > 0 ? EXIT.partial : 0
      }),
    )
}

const NEXT = {
  file: 'its file',
  command: 'the file that was given: let vault.kekCommand print it now',
  token: 'the token, beside the one before',
} as const

interface DataOptions {
  readonly batch?: string
  readonly all?: boolean
  readonly quiet?: boolean
}

const LINE_EVERY_MS = 5_000

async function follow(
  world: VerbWorld,
  events: AsyncIterable<DataRotationEvent>,
  silent: boolean,
): Promise<DataRotationDone> {
  let last = world.monotonicMs()
  for await (const event of events) {
    if (event.kind === 'done') return event
    if (silent || world.monotonicMs() - last < LINE_EVERY_MS) continue
    last = world.monotonicMs()
    world.stderr.write(`${event.rows} of ${event.of} rows sealed anew\n`)
  }
  throw new EvsError('INTERNAL', { message: 'the rotation ended without a result' })
}

function summaryOf(done: DataRotationDone): string {
  const { vouchers, cards, keys, removedKeys, left, skipped, seconds } = done
  const lines = [
    `sealed anew: ${vouchers} voucher PINs, ${cards} card numbers, ${keys} keys (${seconds} s)`,
    `old keys removed: ${removedKeys}`,
  ]
  if (left > 0) lines.push(`left under old keys: ${left}; evs journal verify tells what is wrong`)
  if (skipped.length > 0) {
    lines.push(`imported meanwhile, and still under the key of before: batch ${skipped.join(', ')}`)
  }
  return lines.join('\n')
}
