// `evs replay` and its members: what reaches the room, and what never does.

import { describe, expect, it } from 'vitest'
import { runReplay } from '../../replay/command.ts'
import { evs } from './fake-world.ts'

const PLAY = ['--port', '5000', '--terminals', 'terminals.csv']

describe('evs replay', () => {
  it('hands its files and options to the player, with or without its own name', async () => {
    for (const words of [['replay'], ['replay', 'play']]) {
      const { exitCode, asked } = await evs([
        ...words,
        'a.ndjson',
        'b.ndjson',
        ...PLAY,
        '--rate',
        '20',
      ])
      const options = expect.objectContaining({ port: '5000', rate: '20' })
      expect(asked).toEqual([{ name: 'replay', given: [['a.ndjson', 'b.ndjson'], options] }])
      expect(exitCode).toBe(0)
    }
  })

  it.each([
    ['without a list of terminals', ['--port', '5000'], '--terminals <file> is missing'],
    ['without a port', ['--terminals', 'x'], '--port <number> is missing'],
  ])('%s is a usage error', async (_, words, why) => {
    const { exitCode, asked, stderr } = await evs(['replay', 'a.ndjson', ...words])
    expect([exitCode, asked]).toEqual([2, []])
    expect(stderr).toContain(why)
  })
})

/** With the real player, which writes where it is told to. */
async function played(words: readonly string[]) {
  const told: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] }
  const out = {
    stdout: (text: string) => void told.stdout.push(text),
    stderr: (text: string) => void told.stderr.push(text),
    isTTY: false,
  }
  const interrupted = new Promise<void>(() => undefined)
  const replay = (files: readonly string[], options: object) => {
    return runReplay(files, options, { out, interrupted })
  }
  const { exitCode, stdout, stderr } = await evs(['replay', ...words], { rooms: { replay } })
  return { exitCode, stdout: told.stdout.join('') + stdout, stderr: told.stderr.join('') + stderr }
}

describe('evs replay --json', () => {
  it.each([
    ['nothing at all', [], 'files'],
    ['no list of terminals', ['a.ndjson', '--port', '5000'], '--terminals <file> is missing'],
    ['no port', ['a.ndjson', '--terminals', 'x'], '--port <number> is missing'],
    ['a flag that it does not know', ['a.ndjson', ...PLAY, '--spede', '60'], '--spede'],
    ['a port that is none', ['a.ndjson', ...PLAY, '--port', '0'], '--port: 1 to 65535 expected'],
    ['two paces', ['a.ndjson', ...PLAY, '--rate', '5', '--speed', '2'], '--speed and --rate'],
    ['a list that is not there', ['a.ndjson', ...PLAY], '--terminals: terminals.csv: cannot be'],
  ])('with %s prints the failure as one object', async (_, words, why) => {
    for (const member of [[], ['play']]) {
      const { exitCode, stdout, stderr } = await played([...member, ...words, '--json'])
      expect(exitCode).toBe(2)
      const { error } = JSON.parse(stdout)
      expect(error.code).toBe('USAGE')
      expect(error.message).toContain(why)
      expect(error.hint).not.toBe('')
      expect(stderr).toContain(`evs: USAGE: ${error.message}`)
    }
  })
})

describe('evs replay generate', () => {
  it('makes up a day of a thousand terminals unless told otherwise', async () => {
    const { asked, stdout } = await evs(['replay', 'generate', 'day.ndjson.gz', '--seed', '7'])
    const usual = { terminals: 1_000, hours: 24, fromHour: 0, salesPerTerminal: 8 }
    expect(asked).toEqual([
      { name: 'replayGenerate', given: [{ file: 'day.ndjson.gz', seed: 7, ...usual }] },
    ])
    expect(stdout).toContain('day.ndjson.gz: 7 records')
  })

  it('tells what it made as JSON', async () => {
    const { stdout } = await evs(['replay', 'generate', 'day.ndjson', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ file: 'day.ndjson', records: 7, bytes: 400 })
  })

  it.each(['--hours', '--terminals', '--sales'])('with %s 0 is a usage error', async (flag) => {
    const { exitCode, asked, stderr } = await evs(['replay', 'generate', 'day.ndjson', flag, '0'])
    expect([exitCode, asked]).toEqual([2, []])
    expect(stderr).toContain(flag)
  })
})

describe('evs replay fleet', () => {
  it('names the lists that were written', async () => {
    const { asked, stdout } = await evs(['replay', 'fleet', 'lists', '--terminals', '20'])
    const given = [{ folder: 'lists', terminals: 20, scheme: 'none', vouchers: 0 }]
    expect(asked).toEqual([{ name: 'replayFleet', given }])
    expect(stdout).toBe('lists/terminals.csv\n')
  })
})
