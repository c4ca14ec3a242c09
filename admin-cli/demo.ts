// `evs demo`: switch, card host and terminal in one process, and a sale through all of them.
// Nothing of it is kept.

import type { Command } from 'commander'
import { doing, verb } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function demoVerb(world: VerbWorld): Command {
  return verb(world, 'demo', {
    summary: 'show a sale from terminal to card host and back',
    examples: ['demo', 'demo --once'],
    bare: true,
  })
    .option('--once', 'play every scene, then stop')
    .action(doing(world, ({ once = false }: { once?: boolean }) => world.rooms.demo({ once })))
}
