// A small good configuration, ways to spoil it, and a table test: each mistake gives exactly one
// problem, with its setting, words and line.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../../../switch/config/load.ts'
import type { Problem } from '../../../switch/config/problem.ts'
import type { Sources } from '../../../switch/config/read.ts'
import type { Config } from '../../../switch/config/schema.ts'

export const folder = mkdtempSync(join(tmpdir(), 'evs-config-'))
const file = join(folder, 'evs.yaml')

export const GOOD = `listeners:
  - name: pos
    kind: terminal
    port: 5000
    insecure: true
cardHosts:
  - name: bank
    port: 6000
    acquirerId: 000581
`

export type Extra = Omit<Sources, 'file' | 'env'> & { env?: Sources['env'] }

function load(yaml: string, extra: Extra = {}) {
  writeFileSync(file, yaml)
  return loadConfig({ file, env: {}, ...extra })
}

export function config(yaml: string, extra?: Extra): Config {
  const loaded = load(yaml, extra)
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

export function problems(yaml: string, extra?: Extra): Problem[] {
  const loaded = load(yaml, extra)
  return loaded.kind === 'problems' ? loaded.problems : []
}

/** The good file with a text in it replaced. */
export const changed = (from: string, to: string): string => GOOD.replace(from, to)
/** The good file with lines added at its end, outside every section. */
export const added = (text: string): string => GOOD + text
/** The good file with a line added to its card host. */
export const host = (text: string): string => added(`    ${text}\n`)
/** The good file with a line added to its listener. */
export const listener = (text: string): string =>
  changed('    port: 5000\n', `    port: 5000\n    ${text}\n`)

/** What is wrong, the file, and the one problem: path, words of the message, line, of the hint. */
export type Mistake = [
  what: string,
  yaml: string,
  path: string,
  message: string,
  where: string,
  hint?: string,
]

export function itNames(mistakes: readonly Mistake[]): void {
  it.each(mistakes)('names %s', (_what, yaml, path, message, where, hint = '') => {
    const one: Problem = {
      path,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
      where,
    }
    expect(problems(yaml)).toEqual([one])
  })
}
