// `evs backup`: a copy of the store, written by the switch while it runs. The key-encryption key is
// not in it and must be kept apart.

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { writeJson } from './rows.ts'
import { type ConfigOptions, doing, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function backupVerb(world: VerbWorld): Command {
  return verb(world, 'backup', {
    summary: 'write a backup while the switch runs',
    examples: ['backup /var/backups/evs-$(date +%F).evsbak', 'backup shop.evsbak --json'],
  })
    .argument('<file>', 'where; it must not be there yet')
    .action(
      doing(world, async (path: string, options: ConfigOptions & { json?: boolean }) => {
        // The switch may have another working folder than this command.
        const file = resolve(world.cwd, path)
        const made = await withAdmin(world, options, (admin) => admin.backup(file))
        if (options.json === true) return void writeJson(world, made)
        const size = made.bytes.toLocaleString('en-US')
        world.stdout.write(`${made.file}: ${size} bytes, up to record ${made.jseq}\n`)
        return 0
      }),
    )
}
