// The command line as a whole: help with examples everywhere, flags before and after the verb,
// and exit codes of usage.

import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../../admin-api/errors.ts'
import { buildProgram, VERBS } from '../../admin-cli/program.ts'
import { evs, idleWorld } from './fake-world.ts'

const program = await buildProgram(idleWorld(), Object.keys(VERBS))

function commandsOf(command: Command, path: string[] = []): [string, Command][] {
  return command.commands
    .filter((member) => member.name() !== 'complete')
    .flatMap((member) => {
      const words = [...path, member.name()]
      return [[words.join(' '), member] as [string, Command], ...commandsOf(member, words)]
    })
}

const commands = commandsOf(program)
const leaves = commands.filter(([, command]) => command.commands.length === 0)

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part) })
  command.outputHelp()
  return text
}

describe('every verb', () => {
  it('was looked at', () => {
    expect(commands.length).toBeGreaterThan(50)
    expect(leaves.map(([path]) => path)).toEqual(
      expect.arrayContaining([
        'batch import',
        'config check',
        'completion',
        'pos',
        'day-end close',
      ]),
    )
  })

  it('the program tells every exit code', () => {
    const help = helpOf(program)
    for (const code of Object.values(EXIT)) expect(help).toMatch(new RegExp(`\n  ${code}  \\w`))
  })

  it.each(commands)('%s has help with examples of itself and exit codes', (path, command) => {
    const help = helpOf(command)
    expect(help).toContain('\nExamples:\n')
    expect(help).toMatch(new RegExp(`\\$ .*evs ${path}\\b`))
    expect(help).toContain('\nExit codes:\n  0  ')
    expect(command.summary()).not.toBe('')
  })

  it.each(leaves)('%s has --json, --no-color and --version', (_path, command) => {
    const flags = command.options.map((option) => option.long)
    expect(flags).toEqual(expect.arrayContaining(['--json', '--no-color', '--version']))
  })

  it.each(leaves)('%s refuses an unknown option with exit code 2', async (path) => {
    if (path === 'completion') return
    const { exitCode, stderr } = await evs([...path.split(' '), '--jsno'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain("unknown option '--jsno' (did you mean --json?)")
  })

  it('stands in the help of the program with the summary that it has itself', () => {
    for (const [name, { summary }] of Object.entries(VERBS)) {
      const command = program.commands.find((member) => member.name() === name)
      expect(command?.description()).toBe(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    }
  })
})

describe('usage', () => {
  it('without a verb is the help and exit code 2', async () => {
    const { exitCode, stdout, stderr } = await evs([])
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain('Commands:')
    expect((await evs(['batch'])).exitCode).toBe(2)
  })

  it('suggests a verb for one that is mistyped', async () => {
    const { exitCode, stderr } = await evs(['stok'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('did you mean stock?')
    expect((await evs(['batch', 'improt', 'x'])).stderr).toContain('did you mean import?')
  })

  it('tells an error as JSON too when that was asked for', async () => {
    const { exitCode, stdout, stderr } = await evs(['reconcile', '--json'])
    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'USAGE', hint: expect.any(String) })
    expect(stderr).toContain('--ledger')
  })

  it('gives version and help with exit code 0', async () => {
    expect(await evs(['--version'])).toMatchObject({ exitCode: 0, stdout: '9.9.9\n' })
    expect(await evs(['stock', '--version'])).toMatchObject({ exitCode: 0, stdout: '9.9.9\n' })
    const help = await evs(['help', 'batch', 'import'])
    expect([help.exitCode, help.stdout]).toEqual([0, (await evs(['batch', 'import', '-h'])).stdout])
    expect((await evs(['--help'])).stdout).toContain('evs init --dir shop')
  })
})

describe('a flag may stand before or after the verb', () => {
  const mid = ['--mid', '000000000100001']
  const name = ['--name', 'batch']
  it.each([
    [['merchant', 'add', ...mid, ...name, '--json', '--dir', 'shop']],
    [['--dir', 'shop', '--json', 'merchant', 'add', ...name, ...mid]],
    [['--json', ...name, 'merchant', ...mid, 'add', '--dir=shop']],
    [[...mid, ...name, 'merchant', '--dir', 'shop', 'add', '--json']],
  ])('%j', async (words) => {
    const { exitCode, asked, opened, stdout } = await evs(words)
    expect(exitCode).toBe(0)
    expect(opened).toEqual(['/work/shop/evs.yaml'])
    expect(asked[0]).toMatchObject({
      name: 'addMerchant',
      given: [{ name: 'نیلوفر' }, { mid: '000000000100001', name: 'batch' }],
    })
    expect(JSON.parse(stdout)).toMatchObject({ mid: '000000000100001' })
  })
})

it.each([
  [['login', 'recovery', 'cancel', 'sara', '--json', '--dir', 'shop']],
  [['--dir', 'shop', '--json', 'login', 'recovery', 'cancel', 'sara']],
  [['login', '--json', 'recovery', '--dir=shop', 'cancel', 'sara']],
  [['login', '--dir', 'shop', 'recovery', 'sara', '--json', 'cancel'], 2],
])('also before and within a verb of three words: %j', async (words, exit = 0) => {
  const { exitCode, asked, opened } = await evs(words)
  expect(exitCode).toBe(exit)
  if (exit !== 0) return
  expect(opened).toEqual(['/work/shop/evs.yaml'])
  expect(asked[0]?.given).toContain('sara')
})

it('an error of another room with a hint of its own is one of usage, and shows both', async () => {
  const fault = Object.assign(new Error('line 3 is no account'), {
    ...{ code: 'ACCOUNTS_INVALID', hint: 'docs/card-host.md shows the file' },
  })
  const cardHost = () => Promise.reject(fault)
  const { exitCode, stderr } = await evs(['card-host', '--port', '0'], { rooms: { cardHost } })
  expect(exitCode).toBe(2)
  expect(stderr).toBe(
    'evs: USAGE: ACCOUNTS_INVALID: line 3 is no account\n  docs/card-host.md shows the file\n',
  )
})
