// `evs restore`: puts a backup where the configuration says, with the switch stopped. The store
// that is there is put aside by the switch, and what may have been sold since is fenced.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { EXIT } from '../admin-api/errors.ts'
import { configFile } from './config-file.ts'
import { writeJson, writeProperties } from './rows.ts'
import { type ConfigOptions, doing, verb } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function restoreVerb(world: VerbWorld): Command {
  return verb(world, 'restore', {
    summary: 'restore a backup, with the switch stopped',
    examples: ['restore shop.evsbak --dir shop', 'restore shop.evsbak --dir shop --json'],
    exits: { [EXIT.damaged]: 'the backup is incomplete, changed, or of another store' },
  })
    .argument('<file>', 'the backup')
    .action(
      doing(world, async (path: string, options: ConfigOptions & { json?: boolean }) => {
        const file = resolve(world.cwd, path)
        const restored = await world.rooms.restore(configFile(world, options), file)
        if (options.json === true) return void writeJson(world, restored)
        const { epoch, jseq, gap, vouchersFenced, oldDatabase } = restored
        writeProperties(world, [
          ['epoch', epoch],
          ['journal up to', jseq],
          ['gap', gap === null ? 'none: nothing was lost' : `${gap.from} to ${gap.to}`],
          ['vouchers fenced', vouchersFenced],
          ['earlier store', oldDatabase ?? 'there was none'],
        ])
        return 0
      }),
    )
}
