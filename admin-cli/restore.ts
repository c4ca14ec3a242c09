// `evs restore`: puts a backup where the configuration says, with the switch stopped. What may have
// been sold since is fenced by the switch; see the documentation before you accept a gap.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { EXIT } from '../admin-api/errors.ts'
import { configFile } from './config-file.ts'
import { writeJson, writeProperties } from './rows.ts'
import { type ConfigOptions, doing, verb } from './verb.ts'
import type { VerbWorld } from './world.ts'

interface Options extends ConfigOptions {
  readonly force?: boolean
  readonly json?: boolean
}

export function restoreVerb(world: VerbWorld): Command {
  return verb(world, 'restore', {
    summary: 'restore a backup',
    examples: ['restore shop.evsbak --dir shop', 'restore shop.evsbak --dir shop --force --json'],
    exits: { [EXIT.damaged]: 'the backup is incomplete, changed, or of another store' },
  })
    .argument('<file>', 'the backup')
    .option('--force', 'put aside the store that is there')
    .action(
      doing(world, async (path: string, options: Options) => {
        const { force = false, json } = options
        const file = resolve(world.cwd, path)
        const told = await world.rooms.restore(configFile(world, options), { file, force })
        if (json === true) return void writeJson(world, told)
        writeProperties(
          world,
          Object.entries(told).map(([name, value]) => [name, String(value)] as const),
        )
        return 0
      }),
    )
}
