// `evs serve`: runs the switch until a signal stops it. One line of JSON on standard output says
// that every port is open; the log goes to standard error.

import type { Command } from 'commander'
import { configFile } from './config-file.ts'
import { type ConfigOptions, doing, verb } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function serveVerb(world: VerbWorld): Command {
  return verb(world, 'serve', {
    summary: 'run the switch',
    examples: ['serve --dir shop', 'serve --config /etc/evs/evs.yaml 2>> evs.log'],
  }).action(doing(world, (options: ConfigOptions) => world.rooms.serve(configFile(world, options))))
}
