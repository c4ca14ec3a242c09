// `evs journal verify`: reads the whole journal and checks its chain. It mends
// nothing.

import type { Command } from 'commander'
import { EXIT } from '../admin-api/errors.ts'
import { printable } from './printable.ts'
import { writeJson, writeProperties } from './rows.ts'
import { type ConfigOptions, doing, group, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function journalVerb(world: VerbWorld): Command {
  const summary = 'verify the chain of the journal'
  return group('journal', { summary, examples: ['journal verify'] }, [verifyVerb(world)])
}

function verifyVerb(world: VerbWorld): Command {
  return verb(world, 'verify', {
    summary: 'read the whole journal and check its chain',
    examples: ['journal verify', 'journal verify --json'],
    exits: {
      [EXIT.damaged]: 'the journal has a gap or a record that was changed',
      [EXIT.partial]: 'all that was checked holds; rows were not compared, and it says why',
    },
  }).action(
    doing(world, async (options: ConfigOptions & { json?: boolean }) => {
      const check = await withAdmin(world, options, (admin) => admin.verifyJournal())
      if (options.json === true) writeJson(world, check)
      else {
        writeProperties(world, [
          ['result', check.ok ? 'whole' : 'broken'],
          ['records', check.records],
          ['head', `${check.head.jseq} ${check.head.hash}`],
          ['rows', check.rowsCompared ? 'compared' : (check.notComparable ?? 'not compared')],
          ['seconds', check.seconds],
        ])
        for (const problem of check.problems) world.stdout.write(`  ${printable(problem)}\n`)
      }
      if (!check.ok) return EXIT.damaged
      return check.notComparable === null ? 0 : EXIT.partial
    }),
  )
}
