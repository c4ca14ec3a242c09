// `evs gateway`: holds the connections of terminals in a process of its own and forwards their
// frames to the switch, until a signal stops it. One line of JSON on standard output says that
// every port is open; the log goes to standard error.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { EvsError } from '../admin-api/errors.ts'
import { NO_FILES, writeKeys } from './config.ts'
import { invalid } from './config-problems.ts'
import { type ListOptions, withListOptions, writeJson } from './rows.ts'
import { doing, verb } from './verb.ts'
import type { VerbWorld } from './world.ts'

const NAME = 'gateway.yaml'

interface Options extends ListOptions {
  readonly config?: string
  readonly check?: true
  readonly keys?: true
  readonly files: boolean
}

export function gatewayVerb(world: VerbWorld): Command {
  const command = verb(world, 'gateway', {
    summary: 'hold connections of terminals for a switch',
    examples: [
      'gateway --config /etc/evs/gateway.yaml 2>> gateway.log',
      'gateway --config /etc/evs/gateway.yaml --check',
      'gateway --keys',
    ],
    exits: { 5: 'refused: the private key is open to others' },
    bare: true,
  })
    .option('--config <file>', `configuration; else EVS_GATEWAY_CONFIG, else ./${NAME}`)
    .option('--check', 'tell everything that is wrong with the configuration, and end')
    .option('--no-files', `with --check: ${NO_FILES}`)
    .option('--keys', 'list every setting with its variable, default and meaning, and end')
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      if (options.check === true && options.keys === true) {
        throw new EvsError('USAGE', { message: '--check and --keys: give one of them' })
      }
      if (options.keys === true) {
        writeKeys(world, options, await world.rooms.gatewayKeys())
        return 0
      }
      const file = gatewayFile(world, options.config)
      return options.check === true ? check(world, file, options) : world.rooms.gateway(file)
    }),
  )
}

async function check(world: VerbWorld, file: string, options: Options): Promise<number> {
  const { json, files } = options
  const problems = await world.rooms.gatewayProblems(file, { files })
  if (problems.length > 0) throw invalid(problems, 'evs gateway --keys')
  if (json === true) writeJson(world, { ok: true, file })
  else world.stdout.write(`${file} is in order\n`)
  return 0
}

function gatewayFile({ cwd, env }: VerbWorld, config: string | undefined): string {
  const variable = env.EVS_GATEWAY_CONFIG
  return resolve(cwd, config ?? (variable === '' ? undefined : variable) ?? NAME)
}
