// `evs audit`: the invariants over the whole store; and the audit record of what administrators
// did, exported and verified. It mends nothing.

import type { Command } from 'commander'
import { EXIT } from '../admin-api/errors.ts'
import { exportAudit } from './audit-export.ts'
import { verifyAlone, verifyLive, verifyWithStore } from './audit-verify.ts'
import { printable } from './printable.ts'
import { type ListOptions, withListOptions, writeJson, writeRows } from './rows.ts'
import { type ConfigOptions, doing, group, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions

export function auditVerb(world: VerbWorld): Command {
  const examples = ['audit', 'audit export > acts.ndjson', 'audit verify acts.ndjson']
  const summary = 'check the store, export and verify the audit record'
  const command = group('audit', { summary, examples }, [exportVerb(world), verifyVerb(world)])
  // `evs audit` alone is what it was before the audit record had verbs of its own.
  return command.addCommand(checkVerb(world), { isDefault: true })
}

function checkVerb(world: VerbWorld): Command {
  const command = verb(world, 'check', {
    summary: 'check the invariants of the whole store; `evs audit` alone does it too',
    examples: ['audit', 'audit check --json'],
    exits: { [EXIT.damaged]: 'an invariant does not hold' },
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const report = await withAdmin(world, options, (admin) => admin.audit())
      writeRows(world, options, {
        rows: report.checks,
        json: report,
        columns: [
          { title: 'check', of: (row) => row.name },
          { title: 'violations', kind: 'number', of: (row) => row.violations },
          { title: 'detail', of: (row) => row.detail },
        ],
      })
      return report.ok ? 0 : EXIT.damaged
    }),
  )
}

function exportVerb(world: VerbWorld): Command {
  const command = verb(world, 'export', {
    summary: 'print the acts of administrators, linked line by line; with --csv for reading only',
    examples: [
      'audit export > acts.ndjson',
      'audit export --from 2026-11-01 --to 2026-11-30 --csv > november.csv',
    ],
  })
    .option('--from <day>', 'from this day on, yyyy-mm-dd')
    .option('--to <day>', 'to this day')
  return withListOptions(command).action(
    doing(world, async (options: Options & { from?: string; to?: string }) => {
      await withAdmin(world, options, (admin) => exportAudit(world, admin, options))
      return 0
    }),
  )
}

function verifyVerb(world: VerbWorld): Command {
  return verb(world, 'verify', {
    summary: 'verify the audit record of the switch, or an export of it',
    examples: ['audit verify', 'audit verify acts.ndjson', 'audit verify acts.ndjson --alone'],
    exits: { [EXIT.damaged]: 'a record is changed, missing or in another place' },
  })
    .argument('[file]', 'an export; - for standard input. Without one: what the switch has')
    .option('--alone', 'only the file by itself, without a switch')
    .action(
      doing(world, async (file: string | undefined, options: Options & { alone?: boolean }) => {
        const verdict = await verdictOf(world, file, options)
        const { problems, ...figures } = verdict
        if (options.json === true) writeJson(world, verdict)
        else {
          const shown = Object.entries(figures).map(
            ([name, value]) => `${name} ${told(name, value)}`,
          )
          const all = printable(shown.slice(1).join(', '))
          world.stdout.write(`${verdict.ok ? 'whole' : 'broken'}: ${all}\n`)
          for (const problem of problems) world.stdout.write(`  ${printable(problem)}\n`)
        }
        return verdict.ok ? 0 : EXIT.damaged
      }),
    )
}

/** A period without a day where it begins or ends. */
function told(name: string, value: unknown): string {
  return value === null ? `the ${name === 'from' ? 'first' : 'last'} act` : String(value)
}

function verdictOf(
  world: VerbWorld,
  file: string | undefined,
  options: Options & { alone?: boolean },
) {
  if (file === undefined) return withAdmin(world, options, verifyLive)
  if (options.alone === true) return verifyAlone(world, file)
  return withAdmin(world, options, (admin) => verifyWithStore(world, file, admin))
}
