// The command line as a whole: the table of verbs, each loaded when it is asked for, so that help
// and completion start fast; one run from arguments to exit code. What verbs do is in their own
// files.

import { Command } from 'commander'
import { EXIT } from '../admin-api/errors.ts'
import { fail } from './failure.ts'
import { verbFirst } from './verb-first.ts'
import type { VerbWorld, World } from './world.ts'

type Build = (world: VerbWorld) => Command

interface VerbRow {
  readonly summary: string
  readonly load: () => Promise<Build>
}

/** In the order of the help. */
export const VERBS: Readonly<Record<string, VerbRow>> = {
  init: row('make a configuration, a key and an empty store', async () => {
    return (await import('./init.ts')).initVerb
  }),
  serve: row('run the switch', async () => (await import('./serve.ts')).serveVerb),
  gateway: row('hold connections of terminals for a switch', async () => {
    return (await import('./gateway.ts')).gatewayVerb
  }),
  demo: row('show a sale from terminal to card host and back', async () => {
    return (await import('./demo.ts')).demoVerb
  }),
  health: row('tell whether the switch sells', async () => {
    return (await import('./health.ts')).healthVerb
  }),
  config: row('check, print and list settings', async () => {
    return (await import('./config.ts')).configVerb
  }),
  product: row('list, load, enable and disable products', async () => {
    return (await import('./product.ts')).productVerb
  }),
  batch: row('import batches of vouchers and manage them', async () => {
    return (await import('./batch.ts')).batchVerb
  }),
  stock: row('list the stock, product by product', async () => {
    return (await import('./stock.ts')).stockVerb
  }),
  merchant: row('add, list, import and change merchants', async () => {
    return (await import('./merchant.ts')).merchantVerb
  }),
  terminal: row('add, list, import and change terminals', async () => {
    return (await import('./terminal.ts')).terminalVerb
  }),
  sale: row('list sales and show one', async () => (await import('./sale.ts')).saleVerb),
  suspense: row('list and decide reversals that are not done', async () => {
    return (await import('./suspense.ts')).suspenseVerb
  }),
  claims: row('list and decide refused reversals', async () => {
    return (await import('./claims.ts')).claimsVerb
  }),
  'day-end': row('list and close ends of day that differ', async () => {
    return (await import('./day-end.ts')).dayEndVerb
  }),
  report: row('report sales, batches, merchants or commission', async () => {
    return (await import('./report.ts')).reportVerb
  }),
  reconcile: row("compare the sales with a card host's ledger", async () => {
    return (await import('./reconcile.ts')).reconcileVerb
  }),
  journal: row('verify the chain of the journal', async () => {
    return (await import('./journal.ts')).journalVerb
  }),
  audit: row('check the store, export and verify the audit record', async () => {
    return (await import('./audit.ts')).auditVerb
  }),
  login: row('open a session, add and manage logins', async () => {
    return (await import('./login.ts')).loginVerb
  }),
  approval: row('approve or deny what needs a second person', async () => {
    return (await import('./approval.ts')).approvalVerb
  }),
  voucher: row('list, reveal and void single vouchers', async () => {
    return (await import('./voucher.ts')).voucherVerb
  }),
  message: row('describe an ISO 8583 message', async () => {
    return (await import('./message.ts')).messageVerb
  }),
  backup: row('write a backup while the switch runs', async () => {
    return (await import('./backup.ts')).backupVerb
  }),
  fence: row('show and accept what a restore may have lost', async () => {
    return (await import('./fence.ts')).fenceVerb
  }),
  clock: row('say that the clock is right', async () => {
    return (await import('./clock.ts')).clockVerb
  }),
  restore: row(
    'restore a backup, with the switch stopped',
    async () => (await import('./restore.ts')).restoreVerb,
  ),
  key: row('issue, load, list and remove keys of terminals and links', async () => {
    return (await import('./key.ts')).keyVerb
  }),
  vault: row('show and rotate the keys of the vault', async () => {
    return (await import('./vault.ts')).vaultVerb
  }),
  'card-host': row('run the simulated card host', async () => {
    return (await import('./card-host.ts')).cardHostVerb
  }),
  pos: row('sell and more, as a terminal', async () => (await import('./pos.ts')).posVerb),
  replay: row('play recorded or made-up terminal traffic against a test switch', async () => {
    return (await import('./replay.ts')).replayVerb
  }),
}

/** Made by the completion package out of the whole program. */
const COMPLETION = ['completion', 'complete']

/** Runs one command; gives its exit code. */
export async function runCommand(given: readonly string[], world: World): Promise<number> {
  let exitCode = 0
  const verbWorld: VerbWorld = { ...world, ended: (code) => (exitCode = code) }
  const built = new Map<string, Promise<Command>>()
  const load = (name: string): Promise<Command> => {
    const command = built.get(name) ?? buildVerb(name, verbWorld)
    built.set(name, command)
    return command
  }
  let words = [...given]
  try {
    const first = given.find((word) => !word.startsWith('-')) ?? ''
    const whole = COMPLETION.includes(first)
    if (whole) words = [first, ...given.toSpliced(given.indexOf(first), 1)]
    else words = await verbFirst(given, Object.keys(VERBS), load)
    const wanted = whole ? Object.keys(VERBS) : [words[0] ?? '']
    const program = await buildProgram(verbWorld, wanted, load)
    await program.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (error) {
    return fail(world, error, { json: given.includes('--json'), help: helpOf(words) })
  }
}

/** The program with the wanted verbs whole, and of the others only name and summary. */
export async function buildProgram(
  world: VerbWorld,
  wanted: readonly string[],
  load: (name: string) => Promise<Command> = (name) => buildVerb(name, world),
): Promise<Command> {
  const program = new Command('evs')
  program.description('ISO 8583 e-voucher switch').version(world.version, '-V, --version')
  program.helpCommand(false).helpOption('-h, --help', 'show this help')
  for (const [name, { summary }] of Object.entries(VERBS)) {
    const command = wanted.includes(name) ? await load(name) : new Command(name).summary(summary)
    program.addCommand(command)
  }
  const { addCompletion, completionStub } = await import('./completion.ts')
  if (wanted.length === Object.keys(VERBS).length) await addCompletion(program, world)
  else program.addCommand(completionStub(world))
  program.addHelpText('after', HELP_CLOSING)
  settle(program, world)
  return program
}

async function buildVerb(name: string, world: VerbWorld): Promise<Command> {
  const found = VERBS[name]
  if (found === undefined) throw new TypeError(`no verb ${name}`)
  const build = await found.load()
  return build(world).summary(found.summary)
}

/** Errors are thrown, text goes to the world's outputs, for every command of the tree. */
function settle(command: Command, world: World): void {
  command.exitOverride()
  command.configureOutput({
    writeOut: (text) => world.stdout.write(text),
    writeErr: (text) => world.stderr.write(text),
    // What is wrong is told once, by the one who knows the exit codes.
    outputError: () => undefined,
  })
  for (const member of command.commands) settle(member, world)
}

function helpOf(words: readonly string[]): string {
  const named = words.findIndex((word) => word.startsWith('-'))
  const verb = Object.hasOwn(VERBS, words[0] ?? '') ? words.slice(0, named < 0 ? 2 : named) : []
  const member = verb[1] !== undefined && /^[a-z-]+$/.test(verb[1]) ? [verb[1]] : []
  return ['evs', ...verb.slice(0, 1), ...member].join(' ')
}

const HELP_CLOSING = `
Examples:
  $ evs init --dir shop            a new switch in the folder shop
  $ evs serve --dir shop           run it
  $ evs stock --dir shop           what it has to sell
  $ evs batch import --help        one verb with its flags and examples

Exit codes:
  0  done
  1  failed
  ${EXIT.usage}  the command line or the configuration is wrong; nothing was tried
  ${EXIT.partial}  done in part, and the report says which part
  ${EXIT.unreachable}  the switch cannot be reached, or is not ready
  ${EXIT.refused}  refused: a lock, a key, a version or a right stands in the way
  ${EXIT.damaged}  damaged: disk, journal or backup
  ${EXIT.unsure}  serve, gateway: ended rather than go on in a state that cannot be told`

function row(summary: string, load: () => Promise<Build>): VerbRow {
  return { summary, load }
}
