// `evs key part` and `evs key take`: a part is typed unseen or read from a file, shown on a screen
// alone, or written to a new file for its owner, and never taken for a place that is none.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EvsError } from '../../admin-api/errors.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs, type Given } from './fake-world.ts'

const WHOSE = 'terminal 10000001 of merchant 000000000100001'

const ID = EXAMPLES.keyCeremony.id
const HEX = EXAMPLES.takenPart.part
const GROUPS = HEX.match(/.{4}/g)?.join('-') ?? ''
const FILE = `# a part\nscheme tdes\npart ${GROUPS} 0A0B0C\n`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-ceremony-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const key = (line: string, given: Given = {}) => evs(['key', ...line.split(' ')], given)

it('a part is typed without an echo, or comes from a file or standard input', async () => {
  const file = join(folder, 'part.txt')
  writeFileSync(file, FILE)
  for (const ran of [
    await key(`part ${ID}`, { typed: [GROUPS, '0a0b0c'] }),
    await key(`part ${ID} --part-file ${file}`),
    await key(`part ${ID} --part-file -`, { stdin: FILE }),
  ]) {
    expect(ran.exitCode, ran.stderr).toBe(0)
    const { given = [] } = ran.asked.find(({ name }) => name === 'enterKeyPart') ?? {}
    expect(given.slice(1)).toEqual([ID, { part: GROUPS, checkValue: '0A0B0C' }])
    expect(ran.stdout + ran.stderr).not.toContain(GROUPS.slice(0, 9))
    expect(ran.stdout).toContain('1: reza 0A0B0C, 2: -')
  }
})

it.each([
  ['a check value that is none', `part ${ID}`, { typed: [GROUPS, '0A'] }, 2],
  ['no terminal to type on', `part ${ID}`, {}, 2],
  ['a file of another scheme', `part ${ID} --part-file -`, { stdin: 'scheme aes' }, 2],
  ['a ceremony that there is not', 'part 00000000', { typed: [GROUPS, '0A0B0C'] }, 1],
])('nothing is entered with %s', async (_what, line, given, exitCode) => {
  const ran = await key(line, given)
  expect([ran.exitCode, ran.asked.map(({ name }) => name)]).toEqual([
    exitCode,
    ran.asked.length === 0 ? [] : ['keyCeremonies'],
  ])
  expect(ran.stderr).not.toContain(GROUPS)
})

it('a part is shown on a terminal in the form that can be read back', async () => {
  const { exitCode, stdout } = await key(`take ${ID}`, { tty: true })
  expect(exitCode).toBe(0)
  expect(stdout).toBe(
    [
      `# part 1 of 3 of the master key of ${WHOSE}, 2026-07-01`,
      '# check value of the whole key: 9F3A11',
      ...['scheme aes', `part ${GROUPS} 0A0B0C`, ''],
    ].join('\n'),
  )
})

it('or written to a new file that only its owner reads, and then not shown', async () => {
  const file = join(folder, 'mine.txt')
  const ran = await key(`take ${ID} --out ${file} --json`)
  expect(ran.exitCode, ran.stderr).toBe(0)
  expect(JSON.parse(ran.stdout)).toMatchObject({ number: 1, of: 3, file })
  expect(ran.stdout).not.toContain(HEX)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toContain(`part ${GROUPS} 0A0B0C`)
  // What is there already is not written over, and no part is taken for it.
  const again = await key(`take ${ID} --out ${file}`)
  expect([again.exitCode, again.asked]).toEqual([2, []])
})

it('is not taken for a pipe, and leaves no file when it is refused', async () => {
  for (const line of [`take ${ID}`, `take ${ID} --json`]) {
    const ran = await key(line)
    expect([ran.exitCode, ran.asked]).toEqual([2, []])
  }
  const file = join(folder, 'none.txt')
  const takeKeyPart = () => Promise.reject(new EvsError('CONFLICT'))
  const refused = await key(`take ${ID} --out ${file}`, { operations: { takeKeyPart } })
  expect(refused.exitCode).toBe(1)
  expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined()
})

it('a key is put in force with the check value that was seen, once all parts are in', async () => {
  const missing = await key(`finish ${ID}`)
  expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining('1 of 2 parts')])
  const { parts, ...whole } = { ...EXAMPLES.keyCeremony, checkValue: '9F3A11' }
  const keyCeremonies = async () => [{ ...whole, parts: [...parts] }]
  const ran = await key(`finish ${ID}`, { operations: { keyCeremonies } })
  expect(ran.exitCode, ran.stderr).toBe(0)
  const { given = [] } = ran.asked.find(({ name }) => name === 'finishKeyLoad') ?? {}
  expect(given.slice(1)).toEqual([ID, { owner: 'host/bank', checkValue: '9F3A11' }])
})
