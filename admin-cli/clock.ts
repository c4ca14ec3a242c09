// `evs clock`: what a person knows better than the switch. By a clock that stands far behind the
// moment at which it was last believed nothing is sold, until it has caught up or somebody says
// that it is right.

import type { Command } from 'commander'
import { type ListOptions, writeJson, writeProperties } from './rows.ts'
import { type ConfigOptions, doing, group, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function clockVerb(world: VerbWorld): Command {
  const summary = 'say that the clock is right'
  return group('clock', { summary, examples: ['clock believe'] }, [believeVerb(world)])
}

function believeVerb(world: VerbWorld): Command {
  return verb(world, 'believe', {
    summary: 'the clock of the switch is right now, though it was ahead before',
    examples: ['clock believe', 'clock believe --json'],
  }).action(
    doing(world, async (options: ConfigOptions & ListOptions) => {
      const row = await withAdmin(world, options, (admin) => admin.believeClock())
      if (options.json === true) writeJson(world, row)
      else writeProperties(world, [['believed at', row.believedAt]])
      return 0
    }),
  )
}
