// docs/outside.md is run as it stands: every command of its console blocks, in order, against a
// switch in a temporary folder. Exit codes and the shapes of the JSON must be those of the page.

import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PRINTS, SHAPES, schemaOf } from '../../scripts/outside-shapes.ts'
import { Console, exitCodeOf, stepsOf } from './console-page.ts'

const page = readFileSync(new URL('../../docs/outside.md', import.meta.url), 'utf8')
const steps = stepsOf(page)

/** The ports of the page, and the settings that name them. */
const PORTS = {
  EVS_LISTENERS_0_PORT: '5000',
  EVS_LISTENERS_1_PORT: '5001',
  EVS_ADMIN_PORT: '5080',
  EVS_CARD_HOSTS_0_PORT: '6000',
}

const folder = mkdtempSync(join(tmpdir(), 'evs-outside-'))
let shell: Console

beforeAll(async () => {
  shell = await Console.open(folder, PORTS)
})
afterAll(async () => {
  await shell.close()
  rmSync(folder, { recursive: true })
})

describe('docs/outside.md', () => {
  it('has console blocks', () => {
    expect(steps.length).toBeGreaterThan(30)
  })

  for (const [index, { line, shown }] of steps.entries()) {
    it(`${index + 1}. ${line}`, async () => {
      const { exitCode, stdout, stderr } = await shell.run(line.replace(/ *# exit \d+$/, ''))
      expect(exitCode, stderr || stdout).toBe(exitCodeOf(line))
      const printed = firstJson(stdout)
      const schema = shapeFor(line, exitCode ?? 0, printed)
      if (schema !== undefined) schema.parse(printed)
      if (shown === '') return
      const told = firstJson(shown)
      expect(keysOf(printed)).toEqual(keysOf(told))
      expect(emptyListsOf(printed)).toEqual(emptyListsOf(told))
      if (isFailure(told)) expect(wordsOf(printed)).toEqual(wordsOf(told))
    })
  }
})

function shapeFor(line: string, exitCode: number, printed: unknown) {
  const asksJson = line.includes('--json') || line.includes('evs serve')
  if (!asksJson || /^kill|^export/.test(line)) return undefined
  if (exitCode !== 0 && isFailure(printed)) return SHAPES.failure.schema
  return schemaOf(verbOf(line))
}

/** The verb among the words after `evs`, as in the table of what verbs print. */
function verbOf(line: string): string {
  const words = line.slice(line.lastIndexOf('evs ')).split(' ')
  const known = words.filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('-'))
  const pairs = known.flatMap((word, at) => [`${word} ${known[at + 1] ?? ''}`, word])
  const verb = pairs.find((name) => Object.hasOwn(PRINTS, name))
  if (verb === undefined) throw new Error(`no verb in ${line}`)
  return verb
}

function isFailure(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'error' in value
}

function firstJson(text: string): unknown {
  const line = text.split('\n').find((candidate) => /^[[{]/.test(candidate))
  return line === undefined ? undefined : JSON.parse(line)
}

/** Code, message and hint, wherever and whenever it runs. */
function wordsOf(failure: unknown): string {
  const { code, message, hint } = (failure as { error: Record<string, string> }).error
  return [code, message, hint]
    .join('\n')
    .replaceAll(realpathSync(folder), '/srv')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then')
}

/** A list that the page shows as empty is empty, and no other. */
function emptyListsOf(value: unknown): string[] {
  const members = Array.isArray(value) ? { all: value } : Object(value)
  return Object.entries(members as Record<string, unknown>)
    .filter(([, member]) => Array.isArray(member) && member.length === 0)
    .map(([name]) => name)
}

/** The members at the top, of the first entry of a list; what an error may have left out. */
function keysOf(value: unknown): string[] {
  const one: unknown = Array.isArray(value) ? (value[0] ?? {}) : value
  if (isFailure(one)) return ['error']
  return Object.keys(one ?? {}).sort()
}
