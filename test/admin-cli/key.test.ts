// `evs key`: the parts go to files for their owners only, one each, and are read back from them;
// nothing of a key is on the screen.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EvsError } from '../../admin-api/errors.ts'
import { readPart } from '../../admin-cli/key-parts.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-parts-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const TERMINAL = ['--tid', '10000001', '--mid', '000000000100001']

describe('evs key issue', () => {
  it('writes each part to a file that only its owner reads, and shows check values', async () => {
    const out = join(folder, 'parts')
    const ran = await evs(['key', 'issue', ...TERMINAL, '--scheme', 'aes', '--out', out])
    expect(ran.exitCode).toBe(0)
    const files = readdirSync(out).sort()
    expect(files).toEqual(
      [1, 2, 3].map((part) => `terminal-000000000100001-10000001-part-${part}.txt`),
    )
    for (const file of files) expect(statSync(join(out, file)).mode & 0o777).toBe(0o600)
    const whose = 'terminal 10000001 of merchant 000000000100001'
    expect(ran.stdout).toContain(`${whose}: check value 9F3A11`)
    for (const { part } of EXAMPLES.issuedKey.parts) {
      expect(ran.stdout + ran.stderr).not.toContain(part.slice(0, 8))
    }
    const text = readFileSync(join(out, files[0] ?? ''), 'utf8')
    expect(text).toContain(
      'of the master key of terminal 10000001 of merchant 000000000100001, 2026-07-01',
    )
    expect(text).toContain('part 0123-4567-89AB-CDEF-FEDC-BA98-7654-3210 0A0B0C')
  })

  it('writes over nothing', async () => {
    const words = ['key', 'issue', ...TERMINAL, '--scheme', 'aes', '--out', folder]
    expect((await evs(words)).exitCode).toBe(0)
    const again = await evs(words)
    expect(again.exitCode).toBe(2)
    expect(again.stderr).toContain('EEXIST')
  })

  it.each([
    [['--listener', 'a/b'], 'institution-a_b-part-1.txt'],
    [['--card-host', 'bank'], 'host-bank-part-1.txt'],
    [[...TERMINAL, '--institution', '2'], 'terminal-2-000000000100001-10000001-part-1.txt'],
  ])('names the files of %j so that people know them', async (owner, file) => {
    const words = ['key', 'issue', ...owner, '--scheme', 'aes', '--out', folder]
    expect((await evs(words)).exitCode).toBe(0)
    expect(readdirSync(folder)).toContain(file)
  })

  it('makes no key whose parts it could not write', async () => {
    const words = ['key', 'issue', ...TERMINAL, '--scheme', 'aes', '--out']
    const third = join(folder, 'terminal-000000000100001-10000001-part-3.txt')
    writeFileSync(third, 'of an earlier key')
    const taken = await evs([...words, folder])
    expect(taken.exitCode).toBe(2)
    expect(taken.asked).toEqual([])
    expect(readdirSync(folder)).toHaveLength(1)
    const noFolder = await evs([...words, third])
    expect([noFolder.exitCode, noFolder.asked]).toEqual([2, []])
  })

  it('leaves no empty files behind when no key was made', async () => {
    const refuse = () => Promise.reject(new EvsError('APPROVAL_NEEDED'))
    const out = join(folder, 'parts')
    const words = ['key', 'issue', ...TERMINAL, '--scheme', 'aes', '--out', out]
    const ran = await evs(words, { operations: { issueKey: refuse } })
    expect(ran.exitCode).toBe(5)
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(['1', '10'])('is asked for 2 to 9 parts, not %s', async (parts) => {
    const words = ['key', 'issue', ...TERMINAL, '--scheme', 'aes', '--out', folder]
    const ran = await evs([...words, '--parts', parts])
    expect(ran.exitCode).toBe(2)
    expect(ran.stderr).toContain('--parts: 2 to 9 expected')
  })

  it('asks whose key it is, and only one of them', async () => {
    const words = ['key', 'issue', '--scheme', 'aes', '--out', folder]
    expect((await evs(words)).stderr).toContain('whose key?')
    const both = await evs([...words, ...TERMINAL, '--card-host', 'bank'])
    expect(both.stderr).toContain('whose key?')
    expect((await evs([...words, '--tid', '1'])).stderr).toContain('--mid is missing')
  })
})

describe('evs key load', () => {
  it('reads the files that issue wrote', async () => {
    await evs(['key', 'issue', ...TERMINAL, '--scheme', 'aes', '--out', folder])
    const files = readdirSync(folder)
      .sort()
      .flatMap((file) => ['--part', join(folder, file)])
    const ran = await evs(['key', 'load', '--card-host', 'bank', '--scheme', 'aes', ...files])
    expect(ran.exitCode).toBe(0)
    const [, request] = ran.asked.find(({ name }) => name === 'loadKey')?.given ?? []
    expect(request).toMatchObject({
      owner: { kind: 'host', name: 'bank' },
      parts: [0, 1, 2].map((index) => ({
        checkValue: EXAMPLES.issuedKey.parts[index]?.checkValue,
      })),
    })
  })

  it.each([
    ['', 'there is no part in it'],
    ['scheme tdes\npart 00 000000', 'another scheme'],
    ['scheme aes\npart 00 00', '6 hex characters'],
    ['scheme aes\npart 00 000000\npart 00 000000', 'line 3'],
    ['key 00', 'line 1'],
  ])('refuses a file with %j', (text, message) => {
    const file = join(folder, 'part.txt')
    writeFileSync(file, text)
    expect(() => readPart(folder, file, 'aes')).toThrow(message)
  })

  it('says which file is not there', () => {
    expect(() => readPart(folder, 'nowhere.txt', 'aes')).toThrow('nowhere.txt: it cannot be read')
  })
})

it('evs terminal show tells of the keys of a terminal', async () => {
  const { stdout } = await evs(['terminal', 'show', '10000001', '--mid', '000000000100001'])
  expect(stdout).toMatch(/master key +in force/)
  expect(stdout).toMatch(/check value +9F3A11/)
  expect(stdout).toMatch(/session keys +in force/)
  expect(stdout).toMatch(/active generation +3/)
})

it('evs key zone prints the blocks, evs key list the check values', async () => {
  const zone = await evs(['key', 'zone', '--listener', 'bank', '--json'])
  expect(JSON.parse(zone.stdout)).toEqual(EXAMPLES.zoneKeys)
  const list = await evs(['key', 'list', '--json'])
  expect(JSON.parse(list.stdout)).toEqual([EXAMPLES.keyRow])
  const table = (await evs(['key', 'list'])).stdout
  expect(table).toMatch(/master key.*session keys/)
  expect(table).toMatch(/9F3A11.*in force.*in force/)
  expect((await evs(['key', 'remove', '--listener', 'bank'])).exitCode).toBe(0)
})
