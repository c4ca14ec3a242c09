// `evs init`: a folder with a configuration, a key-encryption key and an empty store. What is made,
// and what is never overwritten, is decided by the switch.

import type { Command } from 'commander'
import { writeJson, writeProperties } from './rows.ts'
import { doing, verb } from './verb.ts'
import type { VerbWorld } from './world.ts'

interface Options {
  readonly dir: string
  readonly force?: boolean
  readonly json?: boolean
}

export function initVerb(world: VerbWorld): Command {
  return verb(world, 'init', {
    summary: 'make a configuration, a key and an empty store',
    examples: ['init --dir shop', 'init --dir shop --json'],
    exits: { 5: 'refused: there is a store already' },
    bare: true,
  })
    .option('--dir <folder>', 'where; it is made when it is not there', '.')
    .option('--force', 'write the configuration anew; a key or a store is never replaced')
    .action(
      doing(world, async ({ dir, force = false, json }: Options) => {
        const { resolve } = await import('node:path')
        const made = await world.rooms.init({ dir: resolve(world.cwd, dir), force })
        if (json === true) return void writeJson(world, made)
        writeProperties(world, Object.entries(made).map(textPair))
        world.stdout.write(`\nNext: evs serve --dir ${dir}\n`)
      }),
    )
}

function textPair([name, value]: [string, unknown]): readonly [string, string] {
  return [name, typeof value === 'string' ? value : JSON.stringify(value)]
}
