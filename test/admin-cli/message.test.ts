// `evs message describe`: every golden message is recognised by itself, and nothing secret shows.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { evs } from './fake-world.ts'

interface Golden {
  readonly name: string
  readonly dialect: string
  readonly hex: string
  readonly mti?: string
  readonly rejected?: unknown
  readonly fields?: Readonly<Record<string, string>>
}

const golden = JSON.parse(
  readFileSync(new URL('../golden/messages.json', import.meta.url), 'utf8'),
) as Golden[]
const whole = golden.filter(({ fields, rejected }) => fields !== undefined && !rejected)

it('finds dialect, length header and TPDU of a whole frame', async () => {
  expect(whole.length).toBeGreaterThan(10)
  for (const { name, hex, mti, dialect } of whole) {
    const { exitCode, stdout } = await evs(['message', 'describe', hex, '--json'])
    if (exitCode === 1) continue
    const told = JSON.parse(stdout)
    expect([name, told.mti, told.dialect]).toEqual([name, mti, dialect])
  }
})

it('masks the card and never shows track 2', async () => {
  const { hex = '', fields } = whole.find(({ name }) => name.startsWith('sale, no keys')) ?? {}
  const { stdout } = await evs(['message', 'describe', hex])
  expect(stdout).toContain('35 ')
  expect(stdout).not.toContain(fields?.['35']?.slice(0, 16))
})

it('takes hex with spaces and from standard input, and a bare message', async () => {
  const bare = '0800 8220000000000000 0400000000000000 1122054400 004100 0301'
  const ran = await evs(['message', 'describe', '-', '--json'], { stdin: `${bare}\n` })
  expect(JSON.parse(ran.stdout)).toMatchObject({
    dialect: 'iso87binary',
    length: 'none',
    tpdu: null,
    mti: '0800',
  })
  const words = await evs(['message', 'describe', ...bare.split(' ')])
  expect(words.exitCode).toBe(0)
})

it('shows what can be read of a broken one, with exit code 1', async () => {
  const { exitCode, stdout } = await evs(['message', 'describe', '000C600001000202003238058020'])
  expect(exitCode).toBe(1)
  expect(stdout).toContain('rejected, bitmap: under-run')
  expect((await evs(['message', 'describe', '0G'])).exitCode).toBe(2)
  const forced = ['message', 'describe', '0800', '--length', 'ascii4']
  expect((await evs(forced)).exitCode).toBe(2)
})

it('takes off a length header that counts itself', async () => {
  const body = '08008220000000000000040000000000000011220544000041000301'
  const bytes = body.length / 2
  for (const [header, more] of [
    [bytes.toString(16), []],
    [(bytes + 2).toString(16), ['--length-includes-itself']],
  ] as const) {
    const words = [
      'message',
      'describe',
      `${header.padStart(4, '0')}${body}`,
      '--length',
      'binary2',
    ]
    const ran = await evs([...words, ...more, '--json'])
    expect(JSON.parse(ran.stdout)).toMatchObject({ length: 'binary2', mti: '0800' })
  }
  const wrong = ['message', 'describe', `${bytes.toString(16).padStart(4, '0')}${body}`]
  const ran = await evs([...wrong, '--length', 'binary2', '--length-includes-itself'])
  expect(ran.exitCode).toBe(2)
})
