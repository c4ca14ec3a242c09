// `evs completion SHELL`: a script that completes verbs and flags, made by @bomb.sh/tab out of the
// whole program. The hidden verb `complete` is what that script calls.

import type { Command } from 'commander'
import { verb } from './verb.ts'
import type { VerbWorld } from './world.ts'

const ABOUT = {
  summary: 'print a completion script for bash, zsh or fish',
  examples: [
    'completion bash > /etc/bash_completion.d/evs',
    'completion zsh > ~/.zsh/completions/_evs',
    'completion fish > ~/.config/fish/completions/evs.fish',
  ],
  bare: true,
} as const

/** What stands in the help while the rest of the program is not loaded. */
export function completionStub(world: VerbWorld): Command {
  return verb(world, 'completion', ABOUT).argument('<shell>', 'bash, zsh or fish')
}

export async function addCompletion(program: Command, world: VerbWorld): Promise<void> {
  const { default: tab } = await import('@bomb.sh/tab/commander')
  tab(program, { completionCommandName: 'completion' })
  const made = program.commands.find((command) => command.name() === 'completion')
  if (made === undefined) return
  // Its own options and help are those of every verb.
  const model = verb(world, 'completion', ABOUT)
  made.summary(ABOUT.summary).description(model.description())
  for (const option of model.options) made.addOption(option)
  made.helpOption('-h, --help', 'show this help')
  made.addHelpText('after', helpAfter(model))
}

function helpAfter(model: Command): string {
  let text = ''
  model.configureOutput({ writeOut: (part) => (text += part) }).outputHelp()
  return `\n${text.slice(text.indexOf('Examples:')).trimEnd()}`
}
