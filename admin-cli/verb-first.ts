// A flag may stand before or after the verb: `evs --json batch import` is `evs batch import
// --json`. The words of the verb are found among the flags and put in front, where the parser
// expects them. It parses nothing: a wrong flag is the parser's to refuse.

import type { Command, Option } from 'commander'

/** The arguments with the verb's words in front. `load` gives the command of a first word. */
export async function verbFirst(
  given: readonly string[],
  names: readonly string[],
  load: (name: string) => Promise<Command>,
): Promise<string[]> {
  if (given[0] === 'help') return helpLast(given.slice(1))
  const end = given.indexOf('--')
  const flags = end < 0 ? given : given.slice(0, end)
  for (const [at, word] of flags.entries()) {
    if (!names.includes(word)) continue
    const command = await load(word)
    if (!onlyFlags(flags.slice(0, at), command)) continue
    return [word, ...memberFirst(command, given.toSpliced(at, 1))]
  }
  return [...given]
}

/** `import` of `batch --json import`, `rotate kek` of `vault --json rotate kek`. */
function memberFirst(command: Command, rest: readonly string[]): string[] {
  for (const [at, word] of rest.entries()) {
    if (word === '--') break
    const member = command.commands.find((each) => each.name() === word)
    if (member === undefined || !onlyFlags(rest.slice(0, at), command)) continue
    return [word, ...memberFirst(member, rest.toSpliced(at, 1))]
  }
  return [...rest]
}

/** Whether all words are flags, or values of flags, that the command or its members know. */
function onlyFlags(words: readonly string[], command: Command): boolean {
  const options = optionsOf(command)
  let value = false
  for (const word of words) {
    if (value) value = false
    else if (!word.startsWith('-') || word === '-') return false
    else {
      const option = options.find(({ long, short }) => word === long || word === short)
      value = option?.required === true
    }
  }
  return !value
}

function optionsOf(command: Command): Option[] {
  return [...command.options, ...command.commands.flatMap(optionsOf)]
}

function helpLast(words: readonly string[]): string[] {
  return [...words.filter((word) => !word.startsWith('-')), '--help']
}
