// `evs replay`: the options of the player and of the generator. What is played, and what is lost,
// is the business of the replay room.

import { type Command, Option } from 'commander'
import { EvsError } from '../admin-api/errors.ts'
import { withDialTls } from './dial-tls.ts'
import { writeJson } from './rows.ts'
import { choice, doing, group, required, verb, wholeNumber } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function replayVerb(world: VerbWorld): Command {
  const examples = [
    'replay day.ndjson.gz --port 5000 --terminals terminals.csv --speed 60',
    'replay day.ndjson.gz --port 5000 --terminals terminals.csv --rate 200 --json',
    'replay generate day.ndjson.gz --terminals 300000 --hours 24 --seed 7',
    'replay fleet lists --terminals 300000',
  ]
  const summary = 'play recorded or made-up terminal traffic against a test switch'
  const command = group('replay', { summary, examples }, [generateVerb(world), fleetVerb(world)])
  return command.addCommand(playVerb(world), { isDefault: true })
}

function playVerb(world: VerbWorld): Command {
  const command = verb(world, 'play', {
    summary: 'play traffic and audit what came of it; `evs replay FILE` does it too',
    examples: [
      'replay day.ndjson.gz --port 5000 --terminals terminals.csv --speed 60',
      'replay play day.ndjson.gz --port 5000 --terminals terminals.csv \\\n' +
        '      --from 18:00 --to 18:10 --connections 4000',
      'replay traffic-*.ndjson --host switch.test --port 5443 --tls-ca ca.pem \\\n' +
        '      --terminals terminals.csv --key-file test.key --cards cards.txt --rate 200',
    ],
    exits: {
      0: 'nothing lost',
      1: 'something was lost, or it failed',
      3: 'nothing lost in what was sent, and not everything was sent',
      4: 'nothing could be sent',
    },
    bare: true,
  }).argument('<files...>', 'traffic, in order; .gz is read too')
  return withPace(withSwitch(command)).action(
    doing(world, (files: string[], options: Record<string, unknown>) =>
      world.rooms.replay(files, options),
    ),
  )
}

function withSwitch(command: Command): Command {
  const switched = command
    .option('--host <address>', 'the test switch (default: 127.0.0.1)')
    .addOption(required(new Option('--port <number>', 'its port for terminals')))
    .addOption(
      required(new Option('--terminals <file>', 'its terminals, as `evs terminal import` reads')),
    )
    .option('--fold', 'terminals beyond the list are played by those of the list')
    .option('--key-file <file>', 'master key of terminals whose row has no keyFile')
    .option('--cards <file>', 'test cards: number=YYMM and PIN; made up when left out')
  return withDialTls(switched, 'certificate that the player shows').option(
    '--dialect <name>',
    'iso87binary, iso87ascii or iso87ascii-binary-bitmap',
  )
}

function withPace(command: Command): Command {
  return command
    .option('--speed <times>', 'how much faster than it was (default: 1)')
    .option('--rate <number>', 'sales a second, whatever the times in the file')
    .option('--from <hh:mm>', 'begin so long after the beginning of the traffic')
    .option('--to <hh:mm>', 'end so long after it')
    .option('--connections <number>', 'open at a time (default: 1000)')
    .option('--timeout <seconds>', 'how long a terminal waits for an answer (default: 45)')
    .option('--hgrm <file>', 'write the distribution of the waits of sales')
    .option('--quiet', 'no progress')
}

interface GenerateOptions {
  readonly terminals: string
  readonly hours: string
  readonly from: string
  readonly seed: string
  readonly sales: string
  readonly json?: boolean
}

function generateVerb(world: VerbWorld): Command {
  return verb(world, 'generate', {
    summary: 'make up the traffic of a fleet; the same seed gives the same bytes',
    examples: [
      'replay generate day.ndjson.gz --terminals 300000 --hours 24 --seed 7',
      'replay generate evening.ndjson --terminals 1000 --from 18 --hours 2 --sales 20',
    ],
    bare: true,
  })
    .argument('<file>', 'where to; .gz is compressed')
    .addOption(new Option('--terminals <number>', 'how many').default('1000'))
    .addOption(new Option('--hours <number>', 'how long').default('24'))
    .addOption(new Option('--from <hour>', 'hour of the day at which it begins').default('0'))
    .addOption(new Option('--seed <number>', 'of everything that is thrown').default('1'))
    .addOption(new Option('--sales <number>', 'of a terminal in 24 hours').default('8'))
    .action(
      doing(world, async (file: string, options: GenerateOptions) => {
        const began = world.monotonicMs()
        const made = await world.rooms.replayGenerate({
          file,
          terminals: bounded(options.terminals, '--terminals', 1, 10_000_000),
          hours: bounded(options.hours, '--hours', 1, 24 * 31),
          fromHour: bounded(options.from, '--from', 0, 23),
          seed: bounded(options.seed, '--seed', 0, Number.MAX_SAFE_INTEGER),
          salesPerTerminal: bounded(options.sales, '--sales', 1, 10_000),
        })
        const seconds = Math.round((world.monotonicMs() - began) / 100) / 10
        const told = { file, ...made, seconds }
        if (options.json === true) writeJson(world, told)
        else {
          const records = made.records.toLocaleString('en-US')
          world.stdout.write(`${file}: ${records} records in ${seconds} s\n`)
        }
        return 0
      }),
    )
}

interface FleetOptions {
  readonly terminals: string
  readonly scheme: string
  readonly vouchers: string
  readonly json?: boolean
}

function fleetVerb(world: VerbWorld): Command {
  return verb(world, 'fleet', {
    summary: 'write the lists with which a test switch knows a made-up fleet, and has its stock',
    examples: [
      'replay fleet lists --terminals 300000 --vouchers 3000000',
      'merchant import lists/merchants.csv && evs terminal import lists/terminals.csv',
      'batch import lists/vouchers.csv --release',
    ],
    bare: true,
  })
    .argument('<folder>', 'where merchants.csv, terminals.csv and vouchers.csv are written')
    .addOption(new Option('--terminals <number>', 'how many').default('1000'))
    .addOption(choice('--scheme <keys>', 'keys of the terminals', SCHEMES).default('none'))
    .addOption(
      new Option('--vouchers <number>', 'of all products; 0 writes no vouchers.csv').default('0'),
    )
    .action(
      doing(world, async (folder: string, options: FleetOptions) => {
        const { scheme } = options
        const terminals = bounded(options.terminals, '--terminals', 1, 10_000_000)
        const vouchers = bounded(options.vouchers, '--vouchers', 0, 100_000_000)
        const files = await world.rooms.replayFleet({ folder, terminals, scheme, vouchers })
        if (options.json === true) writeJson(world, { files })
        else world.stdout.write(`${files.join('\n')}\n`)
        return 0
      }),
    )
}

const SCHEMES = ['none', 'tdes', 'aes']

function bounded(text: string, what: string, least: number, most: number): number {
  const value = wholeNumber(text, what)
  if (value >= least && value <= most) return value
  throw new EvsError('USAGE', { message: `${what}: ${least} to ${most} expected` })
}
